import type { LayerFigures, LayerRow } from '../../server/protocol/model.ts';
import { toWire } from '../../server/protocol/wire.ts';
import { Random } from '../kit/random.ts';

/** Largest |w| of each channel of a layer that is made up, before and after equalizing. */
export interface Channels {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Layers of a network like MobileNet, with what their channels reach. */
export interface MadeLayers {
  readonly rows: readonly LayerRow[];
  readonly channels: ReadonlyMap<number, Channels>;
}

const widths = [8, 16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256];

/** 28 layers: a stem, thirteen depthwise pairs, a classifier. */
export function mobileNetLayers(isRepaired: boolean): MadeLayers {
  const specs = [
    { name: 'conv1', operator: 'Conv 3×3 /2', channels: 8, inner: 27, unevenness: 1.6 },
  ];
  for (let block = 1; block <= 13; block++) {
    const [inside, outside] = [widths[block - 1] ?? 8, widths[block] ?? 8];
    const stride = [2, 4, 6, 12].includes(block) ? ' /2' : '';
    const unevenness = [3, 6, 9, 12, 13].includes(block) ? 1.5 : 0.9;
    specs.push({
      name: `conv_dw_${block}`,
      operator: `DW 3×3${stride}`,
      channels: inside,
      inner: 9,
      unevenness,
    });
    specs.push({
      name: `conv_pw_${block}`,
      operator: 'Conv 1×1',
      channels: outside,
      inner: inside,
      unevenness: 0.5,
    });
  }
  specs.push({
    name: 'conv_preds',
    operator: 'Conv 1×1',
    channels: 1000,
    inner: 256,
    unevenness: 0.2,
  });
  const random = new Random(7);
  const channels = new Map<number, Channels>();
  const rows = specs.map((spec, id) => {
    const before = [...random.normal(spec.channels, -0.7, spec.unevenness)].map((x) => Math.exp(x));
    const typical = Math.exp(-0.4);
    const after = before.map((x) => typical * (x / typical) ** 0.15);
    channels.set(id, { before, after });
    return rowOf(id, spec, before, isRepaired ? after : undefined);
  });
  return { rows, channels };
}

/** As many rows as wanted, cheap to make: for scrolling and sorting. */
export function manyLayers(count: number): readonly LayerRow[] {
  const random = new Random(11);
  return Array.from({ length: count }, (_, id) => {
    const channels = [...random.normal(16, -0.7, 1.2)].map((x) => Math.exp(x));
    const spec = {
      name: `/stage${id % 7}/block_${id}/conv/Conv`,
      operator: 'Conv 3×3',
      channels: 16,
      inner: 144,
    };
    return rowOf(id, spec, channels, undefined);
  });
}

function rowOf(
  id: number,
  spec: { name: string; operator: string; channels: number; inner: number },
  before: readonly number[],
  after: readonly number[] | undefined,
): LayerRow {
  const was = figuresOf(before);
  const now = after ? figuresOf(after) : was;
  const gap = Number(now.sqnrChannel) - Number(now.sqnrTensor);
  const mark = gap > 15 ? 'hurts' : gap > 10 ? 'watch' : 'fine';
  return {
    id,
    name: spec.name,
    operator: spec.operator,
    shape: `${spec.channels}×${spec.inner}×1×1`,
    channels: spec.channels,
    parameters: spec.channels * spec.inner,
    mark,
    now,
    ...(after ? { before: was } : {}),
    findings: [
      ...(gap > 15 ? ['uneven-channels'] : []),
      ...(now.lostChannels > 0 ? ['tiny-channels'] : []),
    ],
    isMeasured: true,
  };
}

/** Figures of channels with evenly spread weights: noise is step²/12, or the signal where all is lost. */
function figuresOf(channels: readonly number[]): LayerFigures {
  const sorted = [...channels].sort((a, b) => a - b);
  const at = (cut: number): number => sorted[Math.round(cut * (sorted.length - 1))] ?? 0;
  const step = at(1) / 127;
  const signal = channels.reduce((sum, r) => sum + r ** 2 / 3, 0);
  const noise = channels.reduce((sum, r) => sum + Math.min(step ** 2 / 12, r ** 2 / 3), 0);
  const own = channels.reduce((sum, r) => sum + (r / 127) ** 2 / 12, 0);
  const sqnrTensor = toWire(10 * Math.log10(signal / noise));
  return {
    range: {
      min: at(0),
      q1: at(0.25),
      median: at(0.5),
      q3: at(0.75),
      max: at(1),
      halfStep: step / 2,
    },
    spread: toWire(at(1) / at(0.5)),
    sqnrTensor,
    sqnrChannel: toWire(10 * Math.log10(signal / own)),
    sqnrChosen: sqnrTensor,
    lostChannels: channels.filter((r) => r < step / 2).length,
  };
}
