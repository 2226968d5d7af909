/** Models and inputs for what is found in weights. */
import type { DiagnoseInput, Finding } from '../../server/core/diagnose/finding.ts';
import { diagnose } from '../../server/core/diagnose/index.ts';
import type { Graph } from '../../server/core/graph/graph.ts';
import { layersOf, type Layer } from '../../server/core/graph/layer.ts';
import { wiringOf } from '../../server/core/graph/wiring.ts';
import { noJob } from '../../server/core/job.ts';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import { reportLayers } from '../../server/core/reports/weightReport.ts';
import { graphOf, node, tensor } from './graphs.ts';
import { Random } from './random.ts';

export const perTensor = { ...defaultTarget, granularity: 'tensor', symmetry: 'strict' } as const;

/** One Conv 1x1 a weight, one after the other: [name, dims, values]. */
export function chain(
  ...weights: [string, number[], readonly number[] | Float32Array | number][]
): Graph {
  return graphOf({
    inputs: { x: ['N', 8, 4, 4] },
    outputs: [weights.at(-1)?.[0] ?? 'x'],
    nodes: weights.map(([name], i) =>
      node('Conv', [weights[i - 1]?.[0] ?? 'x', `${name}.w`], [name]),
    ),
    tensors: weights.map(([name, dims, values]) => tensor(`${name}.w`, dims, values)),
  });
}

export const layersIn = (graph: Graph): Layer[] => layersOf(graph, wiringOf(graph));

export async function inputOf(
  graph: Graph,
  more: Partial<DiagnoseInput> = {},
): Promise<DiagnoseInput> {
  const target = more.target ?? perTensor;
  const reports = await reportLayers(layersIn(graph), target, noJob);
  const none = { foldable: [], dead: [], sets: [], after: {}, moreBits: undefined };
  return { graph, target, reports, ...none, ...more };
}

export const find = (input: DiagnoseInput, code: string): Finding | undefined =>
  diagnose(input).find((finding) => finding.code === code);

/** 8 channels of 8 weights; channel c is `gain(c)` times uniform in [-1, 1]. */
export function weights(seed: number, gain: (channel: number) => number): number[] {
  return Array.from(new Random(seed).uniform(64), (v, i) => v * gain(Math.floor(i / 8)));
}
export const even = weights(1, () => 1);
/** One channel 40 times wider: the others keep about 32 dB less, the whole about 9 dB. */
export const uneven = weights(2, (c) => (c === 0 ? 40 : 1));
