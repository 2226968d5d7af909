import { noteChange } from '../../changeNotes.ts';
import { correctedOn } from '../../correctedOn.ts';
import { correctionKey, formatCorrection, noteCorrection } from '../../correctionNote.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { targetLabel } from '../../core/quant/targets.ts';
import type { RepairReport } from '../../protocol/data.ts';
import { toWire } from '../../protocol/wire.ts';
import type { ContenderScores } from '../../quantize/evaluate.ts';
import { displayName } from '../../core/graph/graph.ts';
import type { JudgeMetric } from '../../quantize/judging.ts';
import type { DataRepairOutcome, DataRepairStep, DataStepId } from '../../quantize/dataRepair.ts';
import { repairOnData } from '../../quantize/repairOnData.ts';
import type { Proof, StepOutcome } from '../../steps.ts';
import { recordOf } from '../../session/changeLog.ts';
import type { Measured } from '../../session/measured.ts';
import { movedBy, recordFor } from '../../session/runCorrect.ts';
import { dataLabel } from '../../session/sessionData.ts';
import { judgedDb } from '../../toWire/evaluation.ts';
import { movedFields, untouched } from '../../toWire/repairReport.ts';
import { stepTitle } from '../../toWire/stepTitle.ts';
import type { Wish } from '../../scalingPlans.ts';
import { classCountOf } from '../../data/classCount.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import { warnOfChance, warnOfFewJudges } from '../fewSamples.ts';
import { openQuantizing, reportFailures, type Quantizing } from '../quantizing.ts';
import { meant } from '../nearest.ts';
import { hasReport, reportOf, type VerbReport } from '../reporting.ts';
import type { PlaceSamples } from '../samples.ts';
import { samplesText } from '../samplesText.ts';
import { noteCorrectedAnew, uncorrectedGraph } from '../uncorrected.ts';
import { shortNames } from '../shortNames.ts';
import { counted } from '../text.ts';
import type { Workplace } from '../workplace.ts';
import { accuracyFields, scoreFields } from './evaluate.ts';
import { repairWishes, stepOptions } from './repairWishes.ts';
import { skipFields } from './skips.ts';
import {
  changesOf,
  checkNames,
  entriesOf,
  joinProofs,
  noteHeldByFormat,
  noteRollBack,
  noteUnproved,
  proofFields,
  proofText,
  repairNotes,
  savedText,
} from './steps.ts';
import { wantedLayers } from './wantedLayers.ts';

const metrics = ['sqnr', 'logits', 'top1', 'top5', 'mse', 'cosine'] as const;
const allSteps: readonly DataStepId[] = ['fold', 'clear', 'equalize', 'absorb', 'correct'];

/** `rangefinder repair` with samples: judged by the outputs of the quantized network. */
export async function repairWithData(place: Workplace): Promise<Answer> {
  const { settings } = place;
  const steps = wantedSteps(place, allSteps);
  const metric: JudgeMetric = settings.choice('metric', metrics, 'logits');
  const needsCalibration =
    settings.target().activationBits !== 'float' || settings.has('quantize-activations');
  const stepContext = await place.stepContext();
  const quantizing = await openQuantizing(
    place,
    needsCalibration ? ['calibration', 'correction', 'judge'] : ['correction', 'judge'],
  );
  const { context, data, on } = quantizing;
  const { graph, standing } = await uncorrectedGraph(place, context.document);
  checkNames(place, graph);
  const { labels } = data.samples;
  if ((metric === 'top1' || metric === 'top5') && !labels) {
    throw new CommandFault(
      2,
      'no-labels',
      `--metric ${metric} needs labels`,
      undefined,
      'give --labels FILE',
    );
  }
  const wishes = repairWishes(place);
  const outcome = await repairOnData(
    { ...context, graph },
    stepContext,
    graph,
    {
      steps,
      hasStopRule: !settings.has('no-stop-rule'),
      options: stepOptions(wishes),
      metric,
      method: methodOf(place),
      quantizeActivations: settings.has('quantize-activations'),
      layers: wantedLayers(
        place,
        graph.nodes.map((node) => ({ name: displayName(node) })),
        { graph, hasEnds: true },
      ),
      calibration: needsCalibration ? on('calibration') : undefined,
      correction: on('correction'),
      judge: on('judge'),
      ...(labels ? { labels } : {}),
      ...(standing ? { standing } : {}),
    },
    place.job,
  );
  const isAsItStands = outcome.graph === standing?.graph;
  if (standing && !isAsItStands) noteCorrectedAnew(place);
  const kept = outcome.steps
    .filter((step) => step.kept)
    .map((step) => step.outcome)
    .filter((one) => one !== undefined);
  for (const step of outcome.steps) if (step.outcome) noteRollBack(place, step.outcome);
  noteUnproved(place, kept);
  noteHeldByFormat(place, outcome.steps);
  reportFailures(place, outcome.correction?.failures ?? []);
  warnOfChance(place, outcome.float.accuracy, classCountOf(graph));
  warnOfFewJudges(place, outcome.samples, outcome.after.accuracy);
  const repaired = { ...quantizing, outcome, kept, before: standing?.graph ?? graph };
  const moved = hasReport(place) ? await movedIn(place, repaired) : undefined;
  const page = await reportOf(place, () => dataReport(place, repaired, moved));
  const notes = isAsItStands ? new Map() : notesFor(place, repaired, wishes, moved);
  const saved = await place.save(outcome.graph, notes);
  return { ...answerOf(place, outcome, kept, saved, data), report: page };
}

function answerOf(
  place: Workplace,
  outcome: DataRepairOutcome,
  kept: readonly StepOutcome[],
  saved: string | undefined,
  data: PlaceSamples,
): Answer {
  const { accuracy } = outcome.float;
  const float = accuracy ? accuracyFields(accuracy) : {};
  const proof = joinProofs(kept);
  const short = shortNames(outcome.graph);
  return {
    fields: {
      steps: outcome.steps.map(stepFields),
      before: { float, quantized: scoreFields(outcome.before) },
      after: { float, quantized: scoreFields(outcome.after) },
      gained: outcome.gained,
      verdict: outcome.verdict,
      samples: outcome.samples,
      indices: data.indices,
      grid: place.settings.target(),
      proof: proofFields(proof),
      output: saved,
    },
    text: [
      place.settings.targetText(),
      samplesText(data),
      ...short.note,
      ...stepLines(outcome.steps).map(short.text),
      // Of biases alone there is no proof: they are made for the grid.
      ...(proof || !outcome.correction ? proofText(proof) : []),
      short.text(outcome.verdict),
      ...(outcome.correction
        ? ['The biases are made for this grid. correct --remove brings the old ones back.']
        : []),
      savedText(
        saved,
        outcome.steps.some((step) => step.kept),
      ),
    ],
    exit: outcome.gained ? 0 : 1,
  };
}

/** Means of inputs that are given belong to one graph, and a repair makes several: not `given`. */
const methodOf = (place: Workplace): 'empirical' | 'mixed' | 'analytical' | 'none' =>
  place.settings.choice('method', ['empirical', 'mixed', 'analytical', 'none'], 'empirical');

/** What the saved file says of the repair: the steps, and the biases from before the correction. */
function notesFor(
  place: Workplace,
  { outcome, kept, data }: Repaired,
  wishes: readonly Wish[],
  moved: Proof | undefined,
): ReadonlyMap<string, string> {
  const { document } = place;
  if (!document) throw new Error('no model is open');
  const { correction, uncorrected } = outcome;
  const target = place.settings.target();
  const names = correction?.result.applied.map(({ layer }) => layer) ?? [];
  const on = { target: targetLabel(target), samples: dataLabel({ ...data, isShared: false }) };
  const entries = entriesOf(kept, wishes, on);
  if (correction) {
    const label = `Correct biases of ${counted(names.length, 'layer')}`;
    const proofs = moved ? [{ step: 'correct', proof: moved }] : [];
    entries.push(noteChange('correct', label, { method: methodOf(place), target }, proofs, on));
  }
  const notes = new Map(repairNotes(document, entries, reportedRepair(outcome, moved)));
  if (document.info.metadata.has(correctionKey)) notes.set(correctionKey, '');
  if (!correction) return notes;
  const { samples, indices } = data;
  const isOnSamples = methodOf(place) !== 'analytical';
  const used = isOnSamples ? correctedOn(samples, indices.correction) : undefined;
  return notes.set(
    correctionKey,
    formatCorrection(noteCorrection(uncorrected, names, target, undefined, used)),
  );
}

/** The steps that `--steps` names, in the recommended order; all where it is not given. */
export function wantedSteps<T extends string>(
  place: Workplace,
  known: readonly T[],
): (T | 'correct')[] {
  const named = place.settings.list('steps');
  if (named.length === 0) return [...known];
  for (const name of named) {
    if (known.some((step) => step === name)) continue;
    if (name === 'correct') {
      throw new CommandFault(
        2,
        'no-data',
        'the step "correct" needs samples',
        name,
        'give --data, or --data synthetic',
      );
    }
    throw new CommandFault(
      2,
      'usage',
      `--steps: unknown step "${name}"; there are ${allSteps.join(', ')}${meant(name, allSteps)}`,
    );
  }
  return known.filter((step) => named.includes(step));
}

const stepFields = (step: DataRepairStep): object => ({
  id: step.id,
  kept: step.kept,
  before: scoreFields(step.before),
  after: scoreFields(step.after),
  reason: step.reason,
  ...(step.outcome
    ? {
        places: step.outcome.applied.length,
        exact: step.outcome.isExact,
        proof: proofFields(step.outcome.proof),
        skipped: step.outcome.skipped.map(skipFields),
      }
    : {}),
});

/** A line a step. Steps that were judged together share one: the later reason says all. */
export function stepLines(
  steps: readonly { readonly id: string; readonly kept: boolean; readonly reason: string }[],
): string[] {
  const lines: { ids: string[]; kept: boolean; reason: string }[] = [];
  for (const { id, kept, reason } of steps) {
    const last = lines.at(-1);
    if (last && last.kept === kept && reason.startsWith(last.reason)) {
      last.ids.push(id);
      last.reason = reason;
    } else lines.push({ ids: [id], kept, reason });
  }
  return lines.map(({ ids, kept, reason }) => `${kept ? '✓' : '·'} ${ids.join(', ')}: ${reason}`);
}

/** What a report is made from. */
interface Repaired extends Quantizing {
  readonly outcome: DataRepairOutcome;
  readonly kept: readonly StepOutcome[];
  readonly before: Graph;
}

/** How far the correction that is kept moves what float computes, on the samples that judge. */
async function movedIn(
  place: Workplace,
  { outcome, context, on }: Repaired,
): Promise<Proof | undefined> {
  const { correction, uncorrected, graph } = outcome;
  if (!correction || correction.result.applied.length === 0) return undefined;
  const reference = { ...context, graph: uncorrected };
  return movedBy(reference, graph, on('judge'), place.settings.target(), place.job);
}

/** What was tried, kept and proved, and how the outputs fared before and after. */
function dataReport(
  place: Workplace,
  { outcome, kept, before, data }: Repaired,
  moved: Proof | undefined,
): VerbReport {
  const { correction, uncorrected, float, samples, verdict } = outcome;
  const measured = (quantized: ContenderScores): Measured => ({
    scores: {
      quantized,
      samples,
      failures: [],
      ...(float.accuracy ? { float: float.accuracy } : {}),
    },
  });
  const names = correction?.result.applied.map(({ layer }) => layer) ?? [];
  const target = place.settings.target();
  const corrected = names.length > 0 ? correction : undefined;
  return {
    graph: outcome.graph,
    before,
    records: [
      ...outcome.steps.flatMap(({ outcome: one, kept: isKept, reason }) =>
        one
          ? [{ ...recordOf(one), ...(isKept || one.edits.length === 0 ? {} : { notKept: reason }) }]
          : [],
      ),
      ...(corrected ? [recordFor(uncorrected, corrected, moved)] : []),
    ],
    changes: [
      ...changesOf(kept),
      ...(corrected
        ? [
            {
              label: `Correct biases of ${counted(names.length, 'layer')}`,
              note: `made for ${targetLabel(target)}`,
            },
          ]
        : []),
    ],
    verdict,
    repair: reportedRepair(outcome, moved),
    ...(corrected ? { correction: noteCorrection(uncorrected, names, target, undefined) } : {}),
    opened: measured(outcome.before),
    now: measured(outcome.after),
    data,
  };
}

const reportedRepair = (
  { verdict, before, steps }: DataRepairOutcome,
  moved: Proof | undefined,
): RepairReport => ({
  summary: verdict,
  of: before.logits ? 'logits' : 'outputs',
  rows: steps.map((step) => repairRow(step, moved)),
});

function repairRow(
  { id, kept, reason, before, after, isWithCorrection, outcome }: DataRepairStep,
  moved: Proof | undefined,
): RepairReport['rows'][number] {
  const isUntouched = !kept && outcome?.edits.length === 0;
  return {
    title: stepTitle[id],
    isKept: kept,
    ...(isUntouched && !outcome.proof ? untouched(outcome.skipped) : {}),
    ...(isUntouched
      ? {}
      : { beforeDb: toWire(judgedDb(before)), afterDb: toWire(judgedDb(after)) }),
    ...(isWithCorrection && !isUntouched ? { isWithCorrection } : {}),
    ...movedFields(id === 'correct' ? moved : outcome?.proof),
    text: reason,
  };
}
