import { isBatchNorm } from '../core/graph/affine.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import { calibrate, simulateOptions } from '../quantize/calibrate.ts';
import { contextOf } from '../quantize/contextOf.ts';
import type { Contender, ContenderScores } from '../quantize/evaluate.ts';
import type { SampleFailure } from '../quantize/runTask.ts';
import { runPass } from '../runSteps.ts';
import { faultOf, fromFormat } from './fault.ts';
import type { Quantizing } from './quantizing.ts';
import { counted, decibels, percent } from './text.ts';
import type { Workplace } from './workplace.ts';

/** The network as targets have it, batch norms folded, on grids of its own. */
export interface FoldedTwin {
  readonly contender: Contender;
  /** How many are folded. */
  readonly batchNorms: number;
  /** Samples that its grids were found without. */
  readonly failures: readonly SampleFailure[];
}

/**
 * The folded twin of a network whose batch norms stand apart: what rounding does to it can be
 * something else altogether. Undefined where none can be folded, where it fails, which is said, or
 * where grids were given, which belong to the network as it is.
 */
export async function foldedTwin(
  place: Workplace,
  quantizing: Quantizing,
): Promise<FoldedTwin | undefined> {
  try {
    return await makeTwin(place, quantizing);
  } catch (thrown) {
    noteTwinFault(place, thrown);
    return undefined;
  }
}

/** Says that there are no figures of the folded network, and why: those of the file stand without. */
export function noteTwinFault({ issues }: Workplace, thrown: unknown): void {
  const { exit, code, message } = faultOf(thrown);
  if (exit === 130 || code === 'internal') throw thrown;
  const text = `There are no figures of the network with its batch norms folded: ${message}`;
  issues.push({ code: 'no-folded-figures', severity: 'warning', message: text });
}

async function makeTwin(
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
  const { encodings, failures } = await calibrate(made.value, calibrating, place.job);
  const simulated = simulateGraph(graph, encodings, simulateOptions(made.value));
  return { contender: { document, ...simulated }, batchNorms, failures };
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
