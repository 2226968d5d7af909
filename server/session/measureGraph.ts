import { biasOverflows } from '../core/quant/biasEncodings.ts';
import type { Grids } from '../core/quant/grid.ts';
import { layerUnits, type LayerUnit } from '../core/quant/layerUnits.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import type { Job } from '../core/job.ts';
import type { Histogram, ValueStatistics } from '../core/ranges/statistics.ts';
import { calibrationNotes } from '../quantize/calibrationNotes.ts';
import { calibrate, simulateOptions, type Calibration } from '../quantize/calibrate.ts';
import type { QuantizeContext, RunnableModel } from '../quantize/context.ts';
import { evaluate, type Contender } from '../quantize/evaluate.ts';
import { integerContender, whyNotInteger } from '../quantize/integerKernels.ts';
import { measureLayers, type LayerErrors } from '../quantize/measureLayers.ts';
import { sensitivity } from '../quantize/sensitivity.ts';
import type { TaskSamples } from '../quantize/runTask.ts';
import type {
  Measured,
  MeasuredCalibration,
  MeasuredLayer,
  MeasuredOverflow,
  MeasuredRange,
  SmallHistogram,
} from './measured.ts';
import { nounText } from '../core/reports/words.ts';

/** One graph to be measured, what is known of it already, and where to tell more. */
export interface MeasureSubject {
  readonly context: QuantizeContext;
  readonly known: Measured;
  /** Grids that are given and stay. */
  readonly frozen: EncodingSet;
  readonly tell: (more: Measured) => void;
}

/** The quantized network as the target is simulated: with integer kernels where it has them. */
export function contenderOf(
  context: QuantizeContext,
  { encodings }: Pick<Calibration, 'encodings'>,
): Contender {
  const { target, document, graph } = context;
  if (target.simulation === 'integer' && whyNotInteger(target) === undefined) {
    return integerContender(context, encodings);
  }
  return { document, ...simulateGraph(graph, encodings, simulateOptions(context)) };
}

/** On what graphs are measured, and how deep. */
export interface MeasureWish {
  /** The float network that counts as the truth. */
  readonly reference: RunnableModel;
  /** Undefined where the target leaves activations in float. */
  readonly calibration: TaskSamples | undefined;
  readonly judge: TaskSamples;
  readonly labels: Int32Array | undefined;
  readonly sensitivity: boolean;
}

/**
 * Measures what is not known yet of these graphs: ranges, then the outputs of all of them beside
 * one run of the float network, then layer by layer. Every part is told when it is there.
 */
export async function measureGraphs(
  subjects: readonly MeasureSubject[],
  wish: MeasureWish,
  job: Job,
): Promise<void> {
  const open = subjects.filter(({ known }) => !isWhole(known, wish));
  const at = (begin: number, end: number): Job => part(job, begin, end);
  const calibrated: { subject: MeasureSubject; calibration: Calibration; known: Measured }[] = [];
  for (const [i, subject] of open.entries()) {
    const share = at((0.2 * i) / open.length, (0.2 * (i + 1)) / open.length);
    const calibration = await calibrate(subject.context, wish.calibration, share, subject.frozen, {
      alone: true,
    });
    const known = { ...subject.known, calibration: calibrationOf(subject.context, calibration) };
    subject.tell(known);
    calibrated.push({ subject, calibration, known });
  }
  const unjudged = calibrated.filter(({ known }) => !known.scores);
  if (unjudged.length > 0) {
    const found = await evaluate(
      {
        engine: unjudged[0]!.subject.context.engine,
        reference: wish.reference,
        contenders: unjudged.map(({ subject: { context }, calibration }) =>
          contenderOf(context, calibration),
        ),
        on: wish.judge,
        ...(wish.labels ? { labels: wish.labels } : {}),
      },
      at(0.2, 0.4),
    );
    const failures = [...found.failures, ...calibrated.flatMap((one) => one.calibration.failures)];
    for (const [i, one] of unjudged.entries()) {
      const quantized = found.contenders[i];
      if (!quantized) throw new Error('no contender');
      const { accuracy: float } = found.float;
      const scores = { quantized, samples: found.count, failures, ...(float ? { float } : {}) };
      one.known = { ...one.known, scores };
      one.subject.tell(one.known);
    }
  }
  const end = wish.sensitivity ? 0.6 : 1;
  const width = (end - 0.4) / Math.max(1, calibrated.length);
  for (const [i, one] of calibrated.entries()) {
    if (one.known.layers) continue;
    const share = at(0.4 + i * width, 0.4 + (i + 1) * width);
    const found = await measureLayers(one.subject.context, one.calibration, wish.judge, share);
    const layers = Object.fromEntries(found.layers.map((layer) => [layer.name, layerOf(layer)]));
    one.known = { ...one.known, layers };
    one.subject.tell(one.known);
  }
  if (!wish.sensitivity) return;
  for (const [i, one] of calibrated.entries()) {
    if (one.known.sensitivity) continue;
    const step = 0.4 / calibrated.length;
    const share = at(0.6 + i * step, 0.6 + (i + 1) * step);
    const found = await sensitivity(one.subject.context, one.calibration, wish.judge, share);
    const table = found.map(({ name, onlyThis, allButThis }) => [
      name,
      {
        alone: (onlyThis.logits ?? onlyThis).sqnrDb,
        allButThis: (allButThis.logits ?? allButThis).sqnrDb,
      },
    ]);
    one.subject.tell({ ...one.known, sensitivity: Object.fromEntries(table) as never });
  }
}

/** True where all that is wished for is known. */
export const isWhole = (
  { calibration, scores, layers, sensitivity: sweep }: Measured,
  wish: Pick<MeasureWish, 'sensitivity'>,
): boolean =>
  calibration !== undefined &&
  scores !== undefined &&
  layers !== undefined &&
  (sweep !== undefined || !wish.sensitivity);

/** The part of a job from one share of it to another, with what it says as a sentence. */
function part(job: Job, begin: number, end: number): Job {
  return {
    checkpoint: (done, total, what) => {
      const share = begin + (end - begin) * (total > 0 ? Math.min(1, done / total) : 0);
      return job.checkpoint(share, 1, what === undefined ? what : progressWords(what, done, total));
    },
  };
}

/** `Calibrating 7 of 12 samples. Ranges fill in as they settle.` */
function progressWords(what: string, done: number, total: number): string {
  if (what === 'Calibrating') {
    return `Calibrating ${done} of ${nounText(total, 'sample')}. Ranges fill in as they settle.`;
  }
  if (what === 'Evaluating samples') return `Evaluating ${done} of ${nounText(total, 'sample')}.`;
  if (what === 'Measuring layers')
    return `Measuring layers on ${done} of ${nounText(total, 'sample')}.`;
  if (what.startsWith('Layer ')) return `${what} alone.`;
  return what;
}

/** What calibration found, by layer. */
export function calibrationOf(
  context: QuantizeContext,
  calibration: Calibration,
): MeasuredCalibration {
  const units = layerUnits(context.graph, calibration.plan);
  const ranges: Record<string, MeasuredRange> = {};
  const overflows: MeasuredOverflow[] = [];
  for (const unit of units) {
    const range = rangeOf(unit, calibration);
    if (range) ranges[unit.layer.name] = range;
    const overflow = overflowOf(unit, calibration);
    if (overflow) overflows.push(overflow);
  }
  const notes = calibrationNotes(calibration).map(({ code, message }) => ({ code, message }));
  return { samples: calibration.count, ranges, overflows, notes };
}

function rangeOf(
  { end }: LayerUnit,
  { plan, statistics, encodings }: Calibration,
): MeasuredRange | undefined {
  const quantizer = plan.quantizers.find((one) => one.tensor === end);
  const seen = statistics.get(end) ?? statistics.get(quantizer?.tiedTo ?? '');
  if (!seen || seen.count === 0) return undefined;
  const grids = encodings.get(end)?.grids;
  const histogram = smallHistogram(seen);
  return {
    min: seen.min,
    max: seen.max,
    ...(histogram ? { histogram } : {}),
    ...(grids ? { grid: gridOf(grids) } : {}),
  };
}

function gridOf({ scale, lowest, highest }: Grids): NonNullable<MeasuredRange['grid']> {
  const [step = 0, low = 0, high = 0] = [scale[0], lowest[0], highest[0]];
  return { min: step * low, max: step * high, step };
}

const mostBins = 128;

/** The bins between the least and the greatest value, merged until few enough are left. */
function smallHistogram({ histogram, min, max }: ValueStatistics): SmallHistogram | undefined {
  if (!histogram || !(max > min)) return undefined;
  const width = (max - min) / mostBins;
  const counts = new Array<number>(mostBins).fill(0);
  for (const [bin, count] of histogram.counts.entries()) {
    if (count > 0) spread(histogram, bin, count, { counts, min, width });
  }
  return { min, max, counts };
}

/** Shares the count of a bin among those it lies over. */
function spread(
  { start, width: wide }: Histogram,
  bin: number,
  count: number,
  { counts, min, width }: { counts: number[]; min: number; width: number },
): void {
  const place = (value: number): number => Math.min(mostBins, Math.max(0, (value - min) / width));
  const [from, to] = [place(start + bin * wide), place(start + (bin + 1) * wide)];
  if (to - from < 1e-9) {
    const only = Math.min(mostBins - 1, Math.floor(from));
    counts[only] = (counts[only] ?? 0) + count;
    return;
  }
  for (let at = Math.floor(from); at < to && at < mostBins; at++) {
    const share = (Math.min(at + 1, to) - Math.max(at, from)) / (to - from);
    counts[at] = (counts[at] ?? 0) + count * share;
  }
}

function overflowOf(
  { layer: { bias, name } }: LayerUnit,
  { encodings }: Calibration,
): MeasuredOverflow | undefined {
  const encoding = bias && encodings.get(bias.name);
  const found = encoding && encoding.kind === 'bias' ? biasOverflows(bias, encoding) : [];
  if (found.length === 0) return undefined;
  return { layer: name, channels: found.length, factor: Math.max(...found.map((o) => o.factor)) };
}

/** Errors of a layer as they are kept. */
export function layerOf({
  local,
  weights,
  activations,
  accumulated,
  worstSamples,
  channelMeanError,
  deviation,
}: LayerErrors): MeasuredLayer {
  return {
    local: local.sqnrDb,
    weights: weights.sqnrDb,
    activations: activations.sqnrDb,
    soFar: accumulated.sqnrDb,
    biasError: Array.from(channelMeanError ?? [], (one) => (deviation > 0 ? one / deviation : 0)),
    worstSamples,
  };
}
