import { gridDifference } from '../correctionNote.ts';
import type { GraphEdit } from '../core/graph/edits.ts';
import type { Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import { nounText } from '../core/reports/words.ts';
import type { DataChoice } from '../protocol/data.ts';
import type { TargetSettings } from '../protocol/target.ts';
import type { DataRepairStep } from '../quantize/dataRepair.ts';
import { repairOnData } from '../quantize/repairOnData.ts';
import { valueOf } from '../quantize/judging.ts';
import type { Standing } from '../quantize/standing.ts';
import { Refused } from '../refused.ts';
import { recordOf, type StepRecord } from './changeLog.ts';
import { noteFor, withoutCorrection } from './corrections.ts';
import { repairOptions } from './leftAlone.ts';
import { joinParts, stepsFrom, type MadePart } from './repairParts.ts';
import type { ChangeContext, Made } from './runChange.ts';
import { contextFor, movedBy, recordFor, usedOf, withData } from './runCorrect.ts';
import { floatAtChance } from '../quantize/chance.ts';
import { dataLabel, samplesFor } from './sessionData.ts';

/** What is judged where nobody says: the output SQNR, behind the last activation. */
const metric = 'logits';

/**
 * The pipeline judged on samples: each step kept only if the outputs gain by more than chance. A
 * correction that is in force is taken back first.
 */
export function runRepairOnData(
  context: ChangeContext,
  graph: Graph,
  options: Record<string, unknown>,
  job: Job,
): Promise<Made> {
  const target = (options['target'] as TargetSettings | undefined) ?? context.target;
  const choice = options['data'] as DataChoice | undefined;
  return withData(context, choice, async (data) => {
    if (!data || data.isShared) throw tooFew(data?.samples.count ?? 0);
    const former = context.correction?.former ?? [];
    const plain = await withoutCorrection(graph, former, job);
    const standing = standingOf(context, graph, target);
    const quantize = await contextFor(context, plain.graph, target, data, job);
    const isFloat = target.activationBits === 'float';
    const { labels } = data.samples;
    const spared = new Set(options['leftAlone'] as readonly string[] | undefined);
    const layers = layersOf(plain.graph, wiringOf(plain.graph)).map(({ name }) => name);
    const outcome = await repairOnData(
      quantize,
      { ...context, target },
      plain.graph,
      {
        steps: stepsFrom(allSteps, options['from']),
        hasStopRule: true,
        options: repairOptions(options),
        ...(spared.size > 0 ? { layers: new Set(layers.filter((name) => !spared.has(name))) } : {}),
        metric,
        method: 'empirical',
        quantizeActivations: false,
        calibration: isFloat ? undefined : samplesFor(data, 'calibration'),
        correction: samplesFor(data, 'correction'),
        judge: samplesFor(data, 'judge'),
        ...(labels ? { labels } : {}),
        ...(standing ? { standing } : {}),
      },
      job,
    );
    const isAsItStands = outcome.graph === standing?.graph;
    const { correction, uncorrected, verdict } = outcome;
    const proof =
      correction &&
      (await movedBy(
        { ...quantize, graph: uncorrected },
        outcome.graph,
        samplesFor(data, 'judge'),
        target,
        job,
      ));
    const made = outcome.steps.map((step) => {
      const own = step.outcome
        ? recordOf(step.outcome)
        : correction
          ? recordFor(uncorrected, correction, proof)
          : nothingCorrected;
      const edits = step.outcome ? step.outcome.edits : (correction?.result.edits ?? []);
      return {
        step: step.id,
        edits: step.kept && !isAsItStands ? edits : [],
        record: { ...own, ...(step.kept ? {} : { notKept: step.reason }), judged: judgedOf(step) },
      };
    });
    const parts = isAsItStands ? joinParts(made) : withRemoval(joinParts(made), plain.edits);
    const refusals = outcome.steps.filter((step) => !step.kept).map((step) => step.reason);
    const names = correction?.result.applied.map(({ layer }) => layer) ?? [];
    const note = correction && { correction: noteFor(uncorrected, names, target, usedOf(data)) };
    const { accuracy } = outcome.float;
    const chance = accuracy && floatAtChance(accuracy, data.classCount);
    const isNothing = parts.every(({ edits }) => edits.length === 0);
    return {
      graph: isNothing ? graph : outcome.graph,
      parts: parts.map((part) => (part.step === 'correct' ? { ...part, ...note } : part)),
      records: made.map(({ record }) => record),
      notes: [
        ...(chance === undefined ? [] : [`${chance} Check how samples become inputs.`]),
        verdict,
        ...new Set(refusals),
      ],
      verdict,
      samples: dataLabel(data),
    };
  });
}

const allSteps = ['fold', 'clear', 'equalize', 'absorb', 'correct'] as const;

/** The parts of a repair, the first of which takes back the correction that was in force. */
function withRemoval(
  [first, ...others]: readonly MadePart[],
  removal: readonly GraphEdit[],
): readonly MadePart[] {
  if (!first || removal.length === 0) return first ? [first, ...others] : others;
  const step = first.edits.length > 0 ? first.step : 'correct';
  const edits = [...removal, ...first.edits];
  return [{ ...first, step, edits, correction: 'removed' }, ...others];
}

/** The graph as it stands, where it was corrected before. */
function standingOf(
  { correction }: ChangeContext,
  graph: Graph,
  target: TargetSettings,
): Standing | undefined {
  if (!correction || correction.former.length === 0) return undefined;
  return { graph, isForGrid: gridDifference(correction.target, target) === undefined };
}

const nothingCorrected: StepRecord = {
  step: 'correct',
  applied: [],
  skipped: [],
  isExact: false,
  proof: undefined,
};

const judgedOf = ({
  before,
  after,
  reason,
  isWithCorrection,
}: DataRepairStep): StepRecord['judged'] => ({
  beforeDb: valueOf(before, metric),
  afterDb: valueOf(after, metric),
  of: before.logits ? 'logits' : 'outputs',
  ...(isWithCorrection ? { isWithCorrection } : {}),
  text: reason,
});

const tooFew = (count: number): Refused =>
  new Refused({
    code: 'too-few-samples',
    message: `${nounText(count, 'sample')} cannot be split: what judges a repair must not have been used before.`,
    remedy: 'Choose at least four samples, better a hundred.',
  });
