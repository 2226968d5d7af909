import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import { isLeftInFloat } from '../core/quant/apart.ts';
import type { Target } from '../core/quant/targets.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import { calibrate, planOf, weightEncodings } from '../quantize/calibrate.ts';
import type { QuantizeContext } from '../quantize/context.ts';
import { correct } from '../quantize/correct.ts';
import { evaluate, type Contender, type ContenderScores } from '../quantize/evaluate.ts';
import { withFloatBiases } from '../quantize/floatBiases.ts';
import type { TaskSamples } from '../quantize/runTask.ts';
import { runPass } from '../runSteps.ts';
import type { MeasuredRemedy, RemedyKind } from './measured.ts';
import { contenderOf, type MeasureWish } from './measureGraph.ts';

type Try = Pick<MeasuredRemedy, 'kind' | 'layer' | 'target'> & {
  readonly context: QuantizeContext;
  /** Grids that are given and stay. */
  readonly frozen?: EncodingSet;
};

/** What remedies are tried on. */
export interface RemedySubject {
  readonly context: QuantizeContext;
  /** Samples that biases are corrected on. */
  readonly correction: TaskSamples;
  /** The layer that costs the outputs most, where one costs too much: it is tried in float. */
  readonly weakest: string | undefined;
  /** Grids that are given and stay, at some target. */
  readonly frozenFor: (context: QuantizeContext) => EncodingSet;
}

/**
 * What each remedy would bring, on the samples that judge: equalizing, correcting, the one after
 * the other, more bits for the weights, a scale for each of their channels, by itself and corrected,
 * the weakest layer left in float. All beside one run of the float network.
 */
export async function measureRemedies(
  subject: RemedySubject,
  wish: MeasureWish,
  job: Job,
): Promise<MeasuredRemedy[]> {
  const { context } = subject;
  const tries = [...(await triesOf(context, subject.correction, job)), ...inFloat(subject)];
  const contenders: Contender[] = [];
  for (const [at, { context: own, kind, frozen }] of tries.entries()) {
    await say(job, 0.3 + (0.4 * at) / tries.length, words[kind]);
    const calibration = await calibrate(own, wish.calibration, silent(job, 0.3), frozen);
    contenders.push(contenderOf(own, calibration));
  }
  if (tries.length === 0) return [];
  const { engine } = context;
  const { reference, judge: on, labels } = wish;
  const request = { engine, reference, contenders, on, ...(labels ? { labels } : {}) };
  const found = await evaluate(request, silent(job, 0.8));
  return tries.map(({ kind, layer, target }, at) => {
    const scores = found.contenders[at];
    if (!scores) throw new Error('no contender');
    return {
      kind,
      ...(layer === undefined ? {} : { layer }),
      ...(target ? { target } : {}),
      ...figuresOf(scores),
    };
  });
}

/** The networks as the remedies would have them. */
async function triesOf(
  context: QuantizeContext,
  correction: TaskSamples,
  job: Job,
): Promise<Try[]> {
  const tries: Try[] = [];
  const add = (kind: RemedyKind, found: QuantizeContext | undefined, target?: Target): void => {
    if (found) tries.push({ kind, context: found, ...(target ? { target } : {}) });
  };
  // A corrected model is made for its weights: scaled or corrected once more it says nothing.
  const isFloat = context.floatBiases === undefined;
  if (isFloat) {
    await say(job, 0, words.equalize);
    const scaled = await equalized(context, job);
    add('equalize', scaled);
    await say(job, 0.1, words.correct);
    add('correct', await correctedBy(context, correction, job));
    if (scaled) add('equalizeCorrect', await correctedBy(scaled, correction, job));
  }
  const { floatBiases, ...rest } = context;
  // Biases that are corrected for one grid are wrong on another: those from before stand there.
  const before = { ...rest, graph: withFloatBiases(context.graph, floatBiases) };
  for (const [kind, target] of otherTargets(context.target)) {
    const other = { ...before, target };
    add(kind, other, target);
    if (kind !== 'perChannel') continue;
    await say(job, 0.2, words.perChannelCorrect);
    add('perChannelCorrect', await correctedBy(other, correction, job), target);
  }
  return tries;
}

/** The weakest layer left in float: the network measured anew at the target that has it so. */
function inFloat({ context, weakest, frozenFor }: RemedySubject): Try[] {
  if (weakest === undefined || isLeftInFloat(context.target, weakest)) return [];
  const others = (context.target.exceptions ?? []).filter(({ layer }) => layer !== weakest);
  const exceptions = [...others, { layer: weakest, weightBits: 'float' } as const];
  const target = { ...context.target, exceptions };
  const own = { ...context, target };
  return [{ kind: 'leaveFloat', layer: weakest, target, context: own, frozen: frozenFor(own) }];
}

function figuresOf(scores: ContenderScores): Omit<MeasuredRemedy, 'kind' | 'layer' | 'target'> {
  const { accuracy, agreement, logits, sqnrDb } = scores;
  return {
    db: (logits ?? scores).sqnrDb,
    outputDb: sqnrDb,
    ...(logits ? { logitsDb: logits.sqnrDb } : {}),
    ...(agreement === undefined ? {} : { agreement }),
    ...(accuracy
      ? {
          top1: accuracy.top1,
          right: accuracy.isRight.filter(Boolean).length,
          ...(accuracy.top5 === undefined ? {} : { top5: accuracy.top5 }),
        }
      : {}),
  };
}

const say = (job: Job, share: number, what: string): Promise<void> =>
  job.checkpoint(share, 1, `Trying what would help: ${what}.`);

const words: Readonly<Record<RemedyKind, string>> = {
  equalize: 'equalizing',
  correct: 'correcting biases',
  equalizeCorrect: 'equalizing, then correcting',
  moreBits: 'more bits',
  perChannel: 'a scale for each channel',
  perChannelCorrect: 'a scale for each channel, then correcting',
  leaveFloat: 'the weakest layer in float',
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

/** The network as clearing and equalizing would leave it; nothing where they would do nothing. */
export async function equalized(
  context: QuantizeContext,
  job: Job,
): Promise<QuantizeContext | undefined> {
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
