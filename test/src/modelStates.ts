import type { LayerFigures, LayerRow, ModelState } from '../../server/protocol/model.ts';
import type { WireNumber } from '../../server/protocol/wire.ts';

/** The figures of a layer with this SQNR. */
export const figures = (sqnr: WireNumber): LayerFigures => ({
  range: { min: 0.1, q1: 0.2, median: 0.4, q3: 0.6, max: 1, halfStep: 0.004 },
  spread: 2.5,
  sqnrTensor: sqnr,
  sqnrChannel: sqnr,
  sqnrChosen: sqnr,
  lostChannels: 0,
});

/** A row of the layers table; give what matters to the test. */
export const layerRow = (
  id: number,
  name: string,
  db: WireNumber,
  more: Partial<LayerRow> = {},
): LayerRow => ({
  id,
  name,
  operator: 'Conv 3×3',
  shape: '8×3×3×3',
  channels: 8,
  parameters: 216,
  mark: 'fine',
  now: figures(db),
  findings: [],
  isMeasured: true,
  ...more,
});

/** The state of a small model; give what matters to the test. */
export const modelState = (more: Partial<ModelState> = {}): ModelState => ({
  uri: 'file:///models/net.onnx',
  revision: 1,
  file: {
    name: 'net.onnx',
    label: 'ONNX 17',
    sizeBytes: 1_920_000,
    nodeCount: 89,
    parameterCount: 475_546,
    inputs: ['N×3×224×224'],
    outputs: ['N×1000'],
  },
  siblings: [],
  kind: 'float',
  target: {
    profile: 'default',
    weightBits: 8,
    activationBits: 8,
    granularity: 'channel',
    symmetry: 'symmetric',
    isPowerOfTwo: false,
    activationSymmetry: 'asymmetric',
    weightRange: 'minmax',
    activationRange: 'sqnr',
    biasBits: 32,
    rounding: 'nearest',
    simulation: 'float',
    placement: 'default',
    fusesChannelCaps: false,
  },
  targetLabel: 'W8 A8 · per channel · symmetric',
  verdict: [{ text: 'Weights only so far.' }],
  steps: [],
  layers: [layerRow(1, 'first', 37), layerRow(2, 'second', 6.64, { mark: 'hurts' })],
  findings: [],
  ledger: [],
  proofs: [],
  changes: [],
  issues: [],
  encodings: [],
  isComplete: true,
  ...more,
});
