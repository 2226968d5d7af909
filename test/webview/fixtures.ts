import type {
  FindingRow,
  LayerRow,
  LedgerRow,
  ModelState,
  ProofState,
  RailStep,
} from '../../server/protocol/model.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import { mobileNetLayers } from './fixtureLayers.ts';

export const perTensor: TargetSettings = {
  profile: 'generic',
  weightBits: 8,
  activationBits: 8,
  granularity: 'tensor',
  symmetry: 'strict',
  isPowerOfTwo: false,
  activationSymmetry: 'asymmetric',
  weightRange: 'minmax',
  activationRange: 'sqnr',
  biasBits: 32,
  rounding: 'nearest',
  simulation: 'float',
  placement: 'default',
  fusesChannelCaps: false,
};

/** The same where the file tells what each layer would keep alone: 2 dB the worst, then one more each. */
export function estimatedModel(): ModelState {
  const model = openedModel();
  const layers = model.layers.map((row, at) => ({
    ...row,
    now: { ...row.now, estimated: 2 + ((at * 11) % model.layers.length) },
  }));
  return { ...model, layers };
}

/** A model as opened, with nothing done. */
export function openedModel(): ModelState {
  const { rows } = mobileNetLayers(false);
  const hurt = rows.filter((row) => row.mark === 'hurts').length;
  return {
    uri: 'file:///models/mobilenet_v1_0.25_224.onnx',
    revision: 1,
    file: {
      name: 'mobilenet_v1_0.25_224.onnx',
      label: 'ONNX 17',
      sizeBytes: 1_920_000,
      nodeCount: 89,
      parameterCount: 475_546,
      inputs: ['N×3×224×224'],
      outputs: ['N×1000'],
    },
    siblings: [],
    kind: 'float',
    target: perTensor,
    targetLabel: 'W8 A8 · per tensor · strict',
    verdict: [
      { text: 'Weights only so far. ' },
      { text: `${hurt} of 28 layers`, tone: 'bad' },
      { text: ' lose more than 15 dB by sharing one scale per tensor.' },
      { text: ' ' },
      { text: 'Choose samples', command: 'chooseSamples' },
      { text: ' to measure outputs, or ' },
      { text: 'use synthetic inputs', command: 'useSyntheticInputs' },
      { text: '.' },
    ],
    steps: openedSteps,
    layers: rows,
    findings: findingsOf(rows),
    ledger: ledgerOf(rows, 'available'),
    proofs: [],
    changes: [],
    issues: [],
    encodings: [],
    isComplete: true,
  };
}

const step = (id: RailStep['id'], title: string, more: Partial<RailStep>): RailStep => ({
  id,
  title,
  state: 'available',
  what: '',
  gain: '',
  isNext: false,
  buttons: [],
  ...more,
});
const correct = step('correct', 'Correct', {
  state: 'not-needed',
  what: '28 layers, needs data',
});

const openedSteps: readonly RailStep[] = [
  step('fold', 'Fold', {
    what: '27 available',
    gain: 'exact',
    isNext: true,
    buttons: ['preview', 'apply'],
  }),
  step('equalize', 'Equalize', {
    what: '14 sets available, 17 to clear',
    gain: 'lowest weights 12.1 → 31.0 dB',
    buttons: ['preview'],
  }),
  step('absorb', 'Absorb', {
    state: 'refused',
    what: '26 refused',
    gain: 'by structure',
    buttons: ['whyNot'],
  }),
  correct,
  step('save', 'Save', { state: 'not-needed', what: 'nothing to save' }),
];

const repairedSteps: readonly RailStep[] = [
  step('fold', 'Fold', {
    state: 'done',
    what: '27 of 27 folded',
    gain: 'exact',
    buttons: ['changes'],
  }),
  step('equalize', 'Equalize', {
    state: 'done',
    what: '14 sets, 17 cleared',
    gain: 'lowest weights 12.1 → 31.0 dB',
    buttons: ['changes'],
  }),
  step('absorb', 'Absorb', {
    state: 'refused',
    what: '26 refused',
    gain: '13 by structure, 13 move outputs by 2.38 of the largest',
    buttons: ['whyNot'],
  }),
  correct,
  step('save', 'Save', {
    what: '2 changes not saved',
    gain: 'Ctrl+S',
    isNext: true,
    buttons: ['save', 'saveAs'],
  }),
];

/** After Repair. */
export function repairedModel(): ModelState {
  const { rows } = mobileNetLayers(true);
  return {
    ...openedModel(),
    revision: 3,
    layers: rows,
    verdict: [
      { text: 'Weights only: lowest SQNR ' },
      { text: '12.1 → 31.0 dB', tone: 'strong' },
      { text: ' (conv_dw_13), median ' },
      { text: '29.4 → 38.2 dB', tone: 'strong' },
      { text: '.' },
    ],
    steps: repairedSteps,
    findings: findingsOf(rows),
    ledger: ledgerOf(rows, 'done'),
    proofs: [
      proof('Fold', {
        maxAbs: 1.7e-6,
        maxRel: 3.1e-7,
        activeChannels: 2_510,
        changedChannels: 2_543,
        float32: { maxRel: 2.4e-7, tolerance: 1e-4, exact: true },
      }),
      proof('Clear', { maxAbs: 0, maxRel: 0 }),
      proof('Equalize', {
        maxAbs: 1.0e-6,
        maxRel: 1.1e-7,
        activeChannels: 2_510,
        changedChannels: 2_510,
      }),
      proof('Absorb', {
        exact: false,
        maxAbs: 0.0928,
        maxRel: 0.31,
        rolledBack: 'Moved the outputs by 0.0928; 1.0e−4 is allowed.',
      }),
      proof('ReLU6', {
        exercised: false,
        exact: false,
        unavailable: 'ONNX Runtime has no operator com.acme.Fancy.',
      }),
    ],
    proofWords: '3 steps of 5 exact, 1 rolled back, 1 without a proof.',
    changes: [
      { id: 1, step: 'fold', label: 'Fold 27 batch norms', note: 'exact' },
      { id: 2, step: 'equalize', label: 'Equalize 14 sets', note: 'exact' },
    ],
  };
}

/** A preview of Repair: the state as it would be. */
export const previewedModel = (): ModelState => ({
  ...repairedModel(),
  revision: 2,
  changes: [],
  steps: openedSteps.map((s) => ({
    ...s,
    isNext: false,
    buttons: s.state === 'refused' ? s.buttons : [],
  })),
  preview: { title: 'Preview of Repair', steps: ['fold', 'equalize'] },
});

const proof = (name: string, more: Partial<ProofState>): ProofState => ({
  step: name,
  exercised: true,
  exact: true,
  maxAbs: 0,
  maxRel: 0,
  tolerance: 1e-4,
  samples: 4,
  source: 'synthetic, seed 1',
  values: [
    { name: 'predictions', kind: 'output', maxAbs: 1e-6, maxRel: 1.1e-7 },
    { name: 'conv_preds/BiasAdd:0', kind: 'logits', maxAbs: 3.2e-5, maxRel: 4.3e-6 },
    { name: 'conv_pw_13_relu/Relu6:0', kind: 'activation', maxAbs: 4e-5, maxRel: 6e-6 },
  ],
  ...more,
});

function findingsOf(rows: readonly LayerRow[]): FindingRow[] {
  const uneven = rows
    .filter((row) => row.findings.includes('uneven-channels'))
    .map((row) => row.id);
  return [
    {
      code: 'relu6-in-set',
      mark: 'watch',
      title: 'ReLU6 lies in all 14 sets and is kept',
      layers: [],
      remedies: [],
      text: 'Its bound becomes one value a channel, which is exact. Your target does not merge such bounds, so 27 Min nodes are added.',
    },
    {
      code: 'uneven-channels',
      mark: 'hurts',
      title: `${uneven.length} layers lose more than 15 dB by sharing one scale`,
      text: 'Worst: conv_dw_13. Its widest channel is 171× the median; 53 of its 256 channels lie below half a step and round to 0.',
      layers: uneven,
      remedies: [
        {
          label: 'Clear, then equalize',
          step: 'equalize',
          fromDb: 12.1,
          toDb: 31,
          isMeasured: true,
        },
        { label: 'Equalize, not cleared', fromDb: 12.1, toDb: 10.6, isMeasured: true },
        {
          label: 'Weights per channel',
          target: { ...perTensor, granularity: 'channel' },
          fromDb: 12.1,
          toDb: 38.9,
          isMeasured: true,
        },
        { label: 'Weights with 10 bits', fromDb: 12.1, toDb: 'nan', isMeasured: false },
      ],
    },
    {
      code: 'dead-channels',
      mark: 'hurts',
      title: '17 dead channels still hold the scale of 9 layers',
      layers: [5, 7, 9, 1, 3, 11, 13, 15, 17],
      text: '3 channels of conv_pw_2 are always 0 after their ReLU6. conv_dw_3 keeps weights up to 76.0 on them, and one scale serves all its channels.',
      remedies: [
        {
          label: 'Clear dead weights',
          step: 'equalize',
          fromDb: 18.4,
          toDb: 21.2,
          isMeasured: true,
        },
      ],
    },
  ];
}

function ledgerOf(rows: readonly LayerRow[], outcome: LedgerRow['outcome']): LedgerRow[] {
  const folds = rows.slice(0, 27).map(({ id, name, channels }): LedgerRow => ({
    outcome,
    step: 'Fold',
    place: `${name}_bn → ${name}`,
    layers: [id],
    channels: String(channels),
    code: 'backward',
    why: 'Backward, exact.',
    unblock: '',
  }));
  const pairs = rows.slice(1, 27).map(({ id, name, channels }, i): LedgerRow => ({
    outcome: 'refused',
    step: 'Absorb',
    place: `${rows[i]?.name ?? ''} → ${name}`,
    layers: [i, id],
    channels: `${3 + i} of ${channels}`,
    code: i % 2 === 0 ? 'padded' : 'moves-output',
    why:
      i % 2 === 0
        ? 'The next layer pads with 0, which lacks the absorbed part.'
        : 'Moves the float logits by 1.96; 0.01 is allowed.',
    unblock:
      i % 2 === 0
        ? 'Allow the border effect if that is small beside the range of the layer.'
        : 'Allow a larger change.',
    action: {
      label: i % 2 === 0 ? 'Allow the border effect…' : 'Allow a larger change…',
      preview: {
        step: 'absorb',
        options: i % 2 === 0 ? { allowBorderEffect: true } : { allowedChange: 1 },
      },
    },
  }));
  const last: LedgerRow = {
    outcome: 'not-needed',
    step: 'Fold',
    place: 'conv_preds',
    layers: [27],
    channels: '1,000',
    code: 'no-batch-norm',
    why: 'No batch norm follows, or "none" was found.',
    unblock: '',
  };
  const cleared = rows.slice(2, 11).map(({ id, name }, i): LedgerRow => ({
    outcome,
    step: 'Clear',
    place: `${rows[i + 1]?.name ?? ''} → ${name}`,
    layers: [i + 1, id],
    channels: i === 8 ? '9' : '1',
    code: 'dead',
    why: 'Always 0, for inputs up to ±2³¹: the weights that make and read them do nothing. Exact.',
    unblock: '',
  }));
  const sets = rows.slice(1, 15).map(({ id, name, channels }, i): LedgerRow => ({
    outcome,
    step: 'Equalize',
    place: `${rows[i]?.name ?? ''} → ${name}`,
    layers: [i, id],
    channels: String(channels),
    code: 'scaled',
    why: 'Triple; ReLU6 bound kept for each channel.',
    unblock: '',
  }));
  return [...folds, last, ...cleared, ...sets, ...pairs];
}
