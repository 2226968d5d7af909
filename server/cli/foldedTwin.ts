import { isBatchNorm } from '../core/graph/affine.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import { calibrate, simulateOptions } from '../quantize/calibrate.ts';
import { contextOf } from '../quantize/contextOf.ts';
import type { Contender, ContenderScores } from '../quantize/evaluate.ts';
import { runPass } from '../runSteps.ts';
import { fromFormat } from './fault.ts';
import type { Quantizing } from './quantizing.ts';
import { counted, decibels, percent } from './text.ts';
import type { Workplace } from './workplace.ts';

/** The network as targets have it, batch norms folded, on grids of its own. */
export interface FoldedTwin {
  readonly contender: Contender;
  /** How many are folded. */
  readonly batchNorms: number;
}

/**
 * The folded twin of a network whose batch norms stand apart: what rounding does to it can be
 * something else altogether. Undefined where none can be folded, or where grids were given, which
 * belong to the network as it is.
 */
export async function foldedTwin(
  place: Workplace,
  { context, on }: Quantizing,
): Promise<FoldedTwin | undefined> {
  const { document, engine, target, seed } = context;
  if (place.settings.has('encodings')) return undefined;
  const standing = context.graph.nodes.filter(isBatchNorm).length;
  if (standing === 0) return undefined;
  const { graph } = await runPass(context.graph, 'fold', {}, place.job);
  const batchNorms = standing - graph.nodes.filter(isBatchNorm).length;
  if (batchNorms === 0) return undefined;
  const made = await contextOf({ document, graph, engine, target, seed }, on('judge'), place.job);
  if (!made.ok) throw fromFormat(made.error, 3);
  const calibrating = target.activationBits === 'float' ? undefined : on('calibration');
  const { encodings } = await calibrate(made.value, calibrating, place.job);
  const simulated = simulateGraph(graph, encodings, simulateOptions(made.value));
  return { contender: { document, ...simulated }, batchNorms };
}

/** `Folded first, as targets have it (13 batch norms): top-1 10.0 %, logits SQNR −0.2 dB.` */
export function foldedText(
  { batchNorms }: FoldedTwin,
  { accuracy, sqnrDb, logits }: ContenderScores,
): string {
  const top = accuracy ? `top-1 ${percent(accuracy.top1)}, ` : '';
  const before = logits ? `, logits SQNR ${decibels(logits.sqnrDb)}` : '';
  return `Folded first, as targets have it (${counted(batchNorms, 'batch norm')}): ${top}output SQNR ${decibels(sqnrDb)}${before}.`;
}
