import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import type { Target } from '../core/quant/targets.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import { calibrate, planOf, simulateOptions, weightEncodings } from '../quantize/calibrate.ts';
import type { QuantizeContext } from '../quantize/context.ts';
import { correct } from '../quantize/correct.ts';
import { evaluate, type Contender } from '../quantize/evaluate.ts';
import type { TaskSamples } from '../quantize/runTask.ts';
import { runPass } from '../runSteps.ts';
import type { MeasuredRemedy } from './measured.ts';
import type { MeasureWish } from './measureGraph.ts';

type Try = Pick<MeasuredRemedy, 'kind' | 'target'> & { readonly context: QuantizeContext };

/**
 * What each remedy would bring by itself, on the samples that judge: equalizing, correcting, more
 * bits for the weights, a scale for each of their channels. All beside one run of the float network.
 */
export async function measureRemedies(
  context: QuantizeContext,
  correction: TaskSamples,
  wish: MeasureWish,
  job: Job,
): Promise<MeasuredRemedy[]> {
  const say = (done: number, what: string): Promise<void> =>
    job.checkpoint(done, 1, `Trying what would help: ${what}.`);
  const tries: Try[] = [];
  // A corrected model is made for its weights: scaled or corrected once more it says nothing.
  if (!context.floatBiases) {
    await say(0, 'equalizing');
    const scaled = await equalized(context, job);
    if (scaled) tries.push({ kind: 'equalize', context: scaled });
    await say(0.1, 'correcting biases');
    const corrected = await correctedBy(context, correction, job);
    if (corrected) tries.push({ kind: 'correct', context: corrected });
  }
  for (const [kind, target] of otherTargets(context.target)) {
    tries.push({ kind, target, context: { ...context, target } });
  }
  const contenders: Contender[] = [];
  for (const [at, { context: own, kind }] of tries.entries()) {
    await say(0.2 + (0.5 * at) / tries.length, words[kind]);
    const { encodings } = await calibrate(own, wish.calibration, silent(job, 0.2));
    const simulated = simulateGraph(own.graph, encodings, simulateOptions(own));
    contenders.push({ document: own.document, ...simulated });
  }
  if (tries.length === 0) return [];
  const { engine } = context;
  const { reference, judge: on, labels } = wish;
  const request = { engine, reference, contenders, on, ...(labels ? { labels } : {}) };
  const found = await evaluate(request, silent(job, 0.8));
  return tries.map(({ kind, target }, at) => {
    const scores = found.contenders[at];
    if (!scores) throw new Error('no contender');
    const { accuracy } = scores;
    return {
      kind,
      db: (scores.logits ?? scores).sqnrDb,
      ...(target ? { target } : {}),
      ...(accuracy ? { top1: accuracy.top1 } : {}),
    };
  });
}

const words: Readonly<Record<MeasuredRemedy['kind'], string>> = {
  equalize: 'equalizing',
  correct: 'correcting biases',
  moreBits: 'more bits',
  perChannel: 'a scale for each channel',
};

/** A job that is stopped like its parent, and says what the parent said last. */
const silent = (job: Job, share: number): Job => ({
  checkpoint: () => job.checkpoint(share, 1),
});

function otherTargets(target: Target): (readonly ['moreBits' | 'perChannel', Target])[] {
  const more = Math.min(16, 2 * target.weightBits);
  const custom = { ...target, profile: 'custom' };
  return [
    ...(more > target.weightBits ? [['moreBits', { ...custom, weightBits: more }] as const] : []),
    ...(target.granularity === 'tensor'
      ? [['perChannel', { ...custom, granularity: 'channel' as const }] as const]
      : []),
  ];
}

async function equalized(context: QuantizeContext, job: Job): Promise<QuantizeContext | undefined> {
  const quiet = silent(job, 0);
  const cleared = await runPass(context.graph, 'clear', {}, quiet);
  const { graph, edits } = await runPass(cleared.graph, 'equalize', {}, quiet);
  return edits.length > 0 ? { ...context, graph } : undefined;
}

async function correctedBy(
  context: QuantizeContext,
  on: TaskSamples,
  job: Job,
): Promise<QuantizeContext | undefined> {
  const { graph } = context;
  const quiet = silent(job, 0.1);
  const encodings = await weightEncodings(context, planOf(context), quiet);
  const layers = new Set(layersOf(graph, wiringOf(graph)).map(({ name }) => name));
  const { result } = await correct(context, { method: 'empirical', layers, encodings, on }, quiet);
  return result.edits.length > 0 ? { ...context, graph: result.graph } : undefined;
}
