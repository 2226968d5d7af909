import type { Graph } from './core/graph/graph.ts';
import { layersOf } from './core/graph/layer.ts';
import { MemoryData, type ElementType, type Tensor } from './core/graph/tensor.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { FormerBias } from './core/passes/restoreBiases.ts';
import type { TargetSettings } from './protocol/target.ts';

/** Key of the note on a bias correction, in the file's metadata. */
export const correctionKey = 'rangefinder.correction';

/** What a file says of the correction it has: for which grid, and the biases from before. */
export interface CorrectionNote {
  readonly target: TargetSettings;
  readonly former: readonly FormerBias[];
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
): CorrectionNote {
  const known = new Map(earlier?.former.map((one) => [one.layer, one]));
  for (const { name, bias } of layersOf(graph, wiringOf(graph))) {
    if (!layers.includes(name) || known.has(name)) continue;
    known.set(name, { layer: name, bias: bias ?? null });
  }
  return { target, former: [...known.values()] };
}

/** The text that the file's metadata keeps; biases as base64 of their bytes. */
export const formatCorrection = ({ target, former }: CorrectionNote): string =>
  JSON.stringify({
    version: 1,
    target,
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

/** Reads the note back; undefined where there is none, or it is not one of ours. */
export function parseCorrection(text: string | undefined): CorrectionNote | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const parsed = JSON.parse(text) as {
      version: number;
      target: TargetSettings;
      layers: readonly {
        layer: string;
        bias: { name: string; type: ElementType; dims: number[]; bytes: string } | null;
      }[];
    };
    if (parsed.version !== 1) return undefined;
    return {
      target: parsed.target,
      former: parsed.layers.map(({ layer, bias }) => ({ layer, bias: bias && tensorOf(bias) })),
    };
  } catch {
    return undefined;
  }
}

const tensorOf = (bias: {
  name: string;
  type: ElementType;
  dims: readonly number[];
  bytes: string;
}): Tensor => ({
  name: bias.name,
  type: bias.type,
  dims: bias.dims,
  data: new MemoryData(new Uint8Array(Buffer.from(bias.bytes, 'base64'))),
});

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
