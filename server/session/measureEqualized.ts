import { layersOf, type Layer } from '../core/graph/layer.ts';
import type { Graph } from '../core/graph/graph.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import { calibrate } from '../quantize/calibrate.ts';
import type { QuantizeContext } from '../quantize/context.ts';
import { aloneScores } from '../quantize/sensitivity.ts';
import type { MeasureWish } from './measureGraph.ts';
import { equalized } from './measureRemedies.ts';

/**
 * What the outputs would keep with only one layer rounded, were its sets equalized: SQNR in dB, by
 * the name of each layer that equalizing changes. Nothing of a corrected model: its biases are made
 * for the weights that it has.
 */
export async function measureEqualized(
  context: QuantizeContext,
  wish: MeasureWish,
  job: Job,
): Promise<Readonly<Record<string, number>>> {
  const scaled = context.floatBiases ? undefined : await equalized(context, job);
  if (!scaled) return {};
  const before = new Map(layersIn(context.graph).map(({ name, weight }) => [name, weight]));
  const changed = layersIn(scaled.graph).filter(({ name, weight }) => before.get(name) !== weight);
  const quiet: Job = { checkpoint: () => job.checkpoint(0.9, 1, 'Trying each layer equalized.') };
  const calibration = await calibrate(scaled, wish.calibration, quiet, undefined, { alone: true });
  const names = new Set(changed.map(({ name }) => name));
  const scores = await aloneScores(scaled, calibration, wish.judge, quiet, names);
  return Object.fromEntries([...scores].map(([name, one]) => [name, (one.logits ?? one).sqnrDb]));
}

const layersIn = (graph: Graph): readonly Layer[] => layersOf(graph, wiringOf(graph));
