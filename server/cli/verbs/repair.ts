import { targetLabel } from '../../core/quant/targets.ts';
import type { RepairReport } from '../../protocol/data.ts';
import { toWire } from '../../protocol/wire.ts';
import {
  repair as runRepair,
  repairDefaults,
  type RepairOutcome,
  type RepairStep,
} from '../../repair.ts';
import { recordOf, type StepRecord } from '../../session/changeLog.ts';
import type { StepId } from '../../steps.ts';
import { movedFields, untouched } from '../../toWire/repairReport.ts';
import { stepTitle } from '../../toWire/stepTitle.ts';
import type { Answer } from '../envelope.ts';
import { reportOf } from '../reporting.ts';
import { CommandFault } from '../fault.ts';
import { hasData } from '../samples.ts';
import { scoreFields } from '../scores.ts';
import { shortNames } from '../shortNames.ts';
import { undoneAdvice } from '../undoneAdvice.ts';
import type { Workplace } from '../workplace.ts';
import { repairWishes, stepOptions } from './repairWishes.ts';
import { repairWithData, stepLines, wantedSteps } from './repairWithData.ts';
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

/** `rangefinder repair`: the steps in the recommended order, each kept only if it helps. */
export async function repair(place: Workplace): Promise<Answer> {
  place.outputPath();
  if (hasData(place, await place.open())) return repairWithData(place);
  const metric = place.settings.text('metric');
  if (metric !== undefined && metric !== 'sqnr') {
    const text = `--metric ${metric} needs samples: without them the weights are judged by their SQNR`;
    throw new CommandFault(2, 'no-data', text, undefined, 'give --data, or --data synthetic');
  }
  const steps = stepsOf(place);
  const context = await place.stepContext();
  const graph = place.graphToCorrect(context.document);
  checkNames(place, graph);
  const wishes = repairWishes(place);
  const outcome = await runRepair(
    context,
    graph,
    {
      steps,
      hasStopRule: !place.settings.has('no-stop-rule'),
      options: stepOptions(wishes),
    },
    place.job,
  );
  for (const step of outcome.steps) noteRollBack(place, step.outcome);
  const kept = outcome.steps.filter((step) => step.kept).map((step) => step.outcome);
  noteUnproved(place, kept);
  noteHeldByFormat(place, outcome.steps);
  const advice = undoneAdvice(outcome.steps);
  if (advice !== undefined) {
    place.issues.push({ code: 'undone-by-a-layer', severity: 'info', message: advice });
  }
  const report = repairReport(outcome);
  const page = await reportOf(place, () => ({
    graph: outcome.graph,
    before: graph,
    records: outcome.steps.map(recordOfStep),
    changes: changesOf(kept),
    verdict: outcome.verdict,
    repair: report,
  }));
  const entries = entriesOf(kept, wishes, { target: targetLabel(place.settings.target()) });
  const notes = repairNotes(context.document, entries, report);
  const saved = await place.save(outcome.graph, notes);
  const proof = joinProofs(kept);
  const short = shortNames(graph);
  return {
    fields: {
      steps: outcome.steps.map(stepFields),
      before: { quantized: scoreFields(outcome.before) },
      after: { quantized: scoreFields(outcome.after) },
      gained: outcome.gained,
      verdict: outcome.verdict,
      proof: proofFields(proof),
      output: saved,
    },
    text: [
      place.settings.targetText(),
      ...short.note,
      ...stepLines(outcome.steps).map(short.text),
      ...proofText(proof),
      short.text(outcome.verdict),
      savedText(saved, kept.length > 0),
    ],
    exit: outcome.gained ? 0 : 1,
    report: page,
  };
}

const recordOfStep = ({ kept, outcome, reason }: RepairStep): StepRecord => ({
  ...recordOf(outcome),
  ...(kept || outcome.edits.length === 0 ? {} : { notKept: reason }),
});

const repairReport = ({ steps, verdict }: RepairOutcome): RepairReport => ({
  summary: verdict,
  of: 'weights',
  rows: steps.map(({ id, kept, reason, before, after, outcome }) => ({
    title: stepTitle[id],
    isKept: kept,
    ...(!kept && outcome.edits.length === 0 && !outcome.proof ? untouched(outcome.skipped) : {}),
    beforeDb: toWire(before.lowestDb),
    afterDb: toWire(after.lowestDb),
    ...movedFields(outcome.proof),
    text: reason,
  })),
});

/** The steps asked for; `correct` needs samples. */
function stepsOf(place: Workplace): StepId[] {
  return wantedSteps(place, repairDefaults.steps).filter((step) => step !== 'correct');
}

const stepFields = (step: RepairStep): object => ({
  id: step.id,
  kept: step.kept,
  before: scoreFields(step.before),
  after: scoreFields(step.after),
  reason: step.reason,
  places: step.outcome.applied.length,
  exact: step.outcome.isExact,
  proof: proofFields(step.outcome.proof),
  skipped: step.outcome.skipped.map(skipFields),
});
