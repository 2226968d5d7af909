import type { Graph } from './core/graph/graph.ts';
import { layersOf } from './core/graph/layer.ts';
import { elementCount, elementSize, MemoryData, type Tensor } from './core/graph/tensor.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { FormerBias } from './core/passes/restoreBiases.ts';
import type { TargetSettings } from './protocol/target.ts';
import { isFields, readTarget } from './anyFields.ts';
import { readCorrectedOn, type CorrectedOn } from './correctedOn.ts';

/** Key of the note on a bias correction, in the file's metadata. */
export const correctionKey = 'rangefinder.correction';

/** What a file says of the correction it has: for which grid, and the biases from before. */
export interface CorrectionNote {
  readonly target: TargetSettings;
  readonly former: readonly FormerBias[];
  /** The samples that it was made on; absent: on none, or that is not recorded. */
  readonly on?: CorrectedOn;
}

/**
 * The note for a graph whose biases were corrected for a target. `graph` is the one from before;
 * layers that an earlier correction of the file noted keep their oldest bias.
 */
export function noteCorrection(
  graph: Graph,
  layers: readonly string[],
  target: TargetSettings,
  earlier: CorrectionNote | undefined,
  on?: CorrectedOn,
): CorrectionNote {
  const known = new Map(earlier?.former.map((one) => [one.layer, one]));
  for (const { name, bias } of layersOf(graph, wiringOf(graph))) {
    if (!layers.includes(name) || known.has(name)) continue;
    known.set(name, { layer: name, bias: bias ?? null });
  }
  return { target, former: [...known.values()], ...(on ? { on } : {}) };
}

/** The text that the file's metadata keeps; biases as base64 of their bytes. */
export const formatCorrection = ({ target, former, on }: CorrectionNote): string =>
  JSON.stringify({
    version: 1,
    target,
    ...(on ? { on } : {}),
    layers: former.map(({ layer, bias }) => ({
      layer,
      bias: bias && {
        name: bias.name,
        type: bias.type,
        dims: bias.dims,
        bytes: Buffer.from(bias.data.read()).toString('base64'),
      },
    })),
  });

/** Reads the note back, of a file of anybody; undefined where there is none, or it is not one of ours. */
export function parseCorrection(text: string | undefined): CorrectionNote | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isFields(parsed) || parsed['version'] !== 1) return undefined;
    const { layers } = parsed;
    const target = readTarget(parsed['target']);
    if (!target || !Array.isArray(layers)) return undefined;
    const former = layers.map(formerIn);
    const on = readCorrectedOn(parsed['on']);
    return former.every((one) => one !== undefined)
      ? { target, former, ...(on ? { on } : {}) }
      : undefined;
  } catch {
    return undefined;
  }
}

function formerIn(value: unknown): FormerBias | undefined {
  if (!isFields(value) || typeof value['layer'] !== 'string') return undefined;
  const { layer } = value;
  if (value['bias'] === null) return { layer, bias: null };
  const bias = tensorIn(value['bias']);
  return bias && { layer, bias };
}

function tensorIn(value: unknown): Tensor | undefined {
  if (!isFields(value)) return undefined;
  const { name, type, dims, bytes } = value;
  if (typeof name !== 'string' || typeof bytes !== 'string') return undefined;
  const known = floatTypes.find((one) => one === type);
  if (!known || !areSizes(dims)) return undefined;
  const data = new Uint8Array(Buffer.from(bytes, 'base64'));
  const isWhole = data.length === elementCount(dims) * elementSize(known);
  return isWhole ? { name, type: known, dims, data: new MemoryData(data) } : undefined;
}

const floatTypes = ['float32', 'float64', 'float16', 'bfloat16'] as const;

const areSizes = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

const exceptionsOf = ({ exceptions = [] }: TargetSettings): string =>
  exceptions
    .map(({ layer, weightBits }) => `${layer}: ${weightBits}`)
    .sort()
    .join('\n');

/**
 * How the grid of a correction differs from another, as "made for per tensor, the chosen target is
 * per channel"; undefined where biases serve both.
 */
export function gridDifference(
  corrected: TargetSettings,
  asked: TargetSettings,
): string | undefined {
  const words: readonly ((grid: TargetSettings) => string)[] = [
    ({ weightBits }) => `${weightBits}-bit weights`,
    ({ granularity }) => `per ${granularity}`,
    ({ symmetry }) => symmetry,
    ({ isPowerOfTwo }) => (isPowerOfTwo ? 'power-of-two scales' : 'scales of any size'),
    ({ weightRange }) => `range ${weightRange}`,
  ];
  const apart = words.filter((word) => word(corrected) !== word(asked));
  const isOtherwiseApart = exceptionsOf(corrected) !== exceptionsOf(asked);
  const others = isOtherwiseApart ? ['other layers with bits of their own'] : [];
  const made = [...apart.map((word) => word(corrected)), ...others].join(', ');
  if (made === '') return undefined;
  const chosen = apart.map((word) => word(asked)).join(', ');
  return `made for ${made}${chosen === '' ? '' : `, the chosen target is ${chosen}`}`;
}
