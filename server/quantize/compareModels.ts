import { gridFindings, type GridFinding, type ObservedGrid } from '../core/compare/gridFindings.ts';
import type { LayerMatch, LayerMatching } from '../core/compare/matchLayers.ts';
import type { Graph } from '../core/graph/graph.ts';
import { isFloat } from '../core/graph/tensor.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import { isQuantizing } from '../core/quant/quantizedModel.ts';
import { listEncodings } from '../core/reports/encodings.ts';
import type { Engine } from '../engines/engine.ts';
import type { Reduction } from '../engines/sampleTask.ts';
import { moveOfValue } from './channelMoves.ts';
import { networkOf, type RunnableModel } from './context.ts';
import { runTask, type TaskSamples } from './runTask.ts';
import { errorScores, type ErrorScores } from './scores.ts';

/** What samples say of two models beside their outputs. */
export interface ComparedValues {
  /** Output of each matched layer in the second model against the first, by the first's name. */
  readonly layers: ReadonlyMap<string, ErrorScores>;
  /** Faults of the grids of the quantized one, told by its float twin; empty without one. */
  readonly findings: readonly GridFinding[];
}

/**
 * Runs both models on the same samples, and compares the outputs of matched layers. Where
 * `quantized` names the one of the two that is quantized, its grids are held against what the
 * values of the other do on these samples.
 */
export async function compareValues(
  engine: Engine,
  models: readonly [RunnableModel, RunnableModel],
  { matches }: Pick<LayerMatching, 'matches'>,
  quantized: 0 | 1 | undefined,
  on: TaskSamples,
  job: Job,
): Promise<ComparedValues> {
  const float = quantized === undefined ? undefined : quantized === 0 ? 1 : 0;
  const observed: Omit<ObservedGrid, 'seen'>[] =
    quantized === undefined || float === undefined
      ? []
      : gridsWithTwins(models[quantized].graph, models[float].graph, matches, quantized);
  const pairs = matches.filter(
    ({ first, second }) =>
      isFloatOutput(models[0].graph, first) && isFloatOutput(models[1].graph, second),
  );
  const wanted = [
    pairs.map(({ first }) => first.output),
    pairs.map(({ second }) => second.output),
  ] as const;
  if (float !== undefined) wanted[float].push(...observed.map(({ value }) => value));
  const reductions: Reduction[] = [
    ...pairs.map(({ first, second }): Reduction => {
      const move = moveOfValue(
        { ...models[1], value: second.output },
        { ...models[0], value: first.output },
      );
      return {
        kind: 'difference',
        reference: { network: 0, value: first.output },
        actual: { network: 1, value: second.output, ...(move ? { move } : {}) },
      };
    }),
    ...observed.map(({ value }): Reduction => ({
      kind: 'statistics',
      of: { network: float ?? 0, value },
      histogram: 'dynamic',
    })),
  ];
  const networks = models.map((model, at) =>
    networkOf(
      model,
      (wanted[at] ?? []).filter((name) => !isInput(model.graph, name)),
    ),
  );
  const { results } = await runTask(engine, { networks, reductions }, on, job, 'Comparing layers');
  const layers = new Map<string, ErrorScores>();
  for (const [at, { first }] of pairs.entries()) {
    const result = results[at];
    if (result?.kind === 'difference') layers.set(first.name, errorScores([result.difference]));
  }
  const seen = observed.flatMap((one, at): ObservedGrid[] => {
    const result = results[pairs.length + at];
    if (result?.kind !== 'statistics') return [];
    return [{ ...one, seen: result.statistics }];
  });
  return { layers, findings: gridFindings(seen) };
}

const isInput = (graph: Graph, name: string): boolean =>
  graph.inputs.some((input) => input.name === name);

/** False for layers that compute with integers: their output is no float value. */
function isFloatOutput(graph: Graph, { node }: LayerMatch['first']): boolean {
  const own = graph.nodes.find(({ id }) => id === node.id);
  return own !== undefined && !isQuantizing(own);
}

/** The activation grids of a quantized model whose value the float one makes too. */
function gridsWithTwins(
  quantized: Graph,
  float: Graph,
  matches: readonly LayerMatch[],
  at: 0 | 1,
): Omit<ObservedGrid, 'seen'>[] {
  const wiring = wiringOf(float);
  const outputs = new Map(
    matches.map(({ first, second }) =>
      at === 0 ? [first.output, second.output] : [second.output, first.output],
    ),
  );
  const isMade = (name: string): boolean => {
    const type = float.values.get(name)?.type;
    const isValue = type === undefined || type === 'other' || isFloat(type);
    return wiring.maker(name) !== undefined && isValue;
  };
  /** What a grid without negative levels stands for: the value behind the activation it has taken in. */
  const behind = (value: string, isUnsigned: boolean): string => {
    const [user, ...more] = wiring.users(value);
    const isTaken = isUnsigned && user && more.length === 0 && /^(Relu|Clip)$/.test(user.op);
    return isTaken ? (user.outputs[0] ?? value) : value;
  };
  const known = new Set<string>();
  return listEncodings(quantized).flatMap((grid) => {
    if (quantized.tensors.has(grid.tensor)) return [];
    const plain = grid.tensor.replace(/_(quantized|unquantized|QuantizeLinear_Input)$/, '');
    const value = [grid.tensor, plain, outputs.get(grid.tensor) ?? ''].find(isMade);
    if (value === undefined) return [];
    const shown = behind(value, grid.min >= 0);
    if (known.has(shown)) return [];
    known.add(shown);
    return [{ grid, value: shown }];
  });
}
