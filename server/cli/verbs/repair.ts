import { existsSync } from 'node:fs';
import { repair as runRepair, repairDefaults, type RepairStep } from '../../repair.ts';
import type { StepId } from '../../steps.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import { scoreFields } from '../scores.ts';
import { shortNames } from '../shortNames.ts';
import type { Workplace } from '../workplace.ts';
import { absorbWish } from './absorb.ts';
import { clearWish } from './clear.ts';
import { equalizeWish, passesOf } from './equalize.ts';
import { foldWish } from './fold.ts';
import { skipFields } from './skips.ts';
import {
  checkNames,
  joinProofs,
  noteRollBack,
  noteUnproved,
  notesOf,
  proofFields,
  proofText,
  savedText,
} from './steps.ts';

/** `rangefinder repair`: the steps in the recommended order, each kept only if it helps. */
export async function repair(place: Workplace): Promise<Answer> {
  place.outputPath();
  const steps = stepsOf(place);
  noteData(place);
  const context = await place.stepContext();
  const graph = place.graphToCorrect(context.document);
  checkNames(place, graph);
  const { passes, ...equalize } = equalizeWish(place).options;
  const options = {
    fold: foldWish(place).options,
    clear: clearWish(place).options,
    equalize: passesOf(place) === undefined ? equalize : { ...equalize, passes },
    absorb: absorbWish(place).options,
  };
  const outcome = await runRepair(
    context,
    graph,
    {
      steps,
      hasStopRule: !place.settings.has('no-stop-rule'),
      options,
    },
    place.job,
  );
  for (const step of outcome.steps) noteRollBack(place, step.outcome);
  const kept = outcome.steps.filter((step) => step.kept).map((step) => step.outcome);
  noteUnproved(place, kept);
  const wishes = Object.entries(options).map(([step, given]) => ({
    step: step as StepId,
    options: given,
  }));
  const saved = await place.save(outcome.graph, notesOf(context.document, kept, wishes));
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
  };
}

/** Samples are accepted so that scripts need not change; that they were not used is said. */
function noteData(place: Workplace): void {
  const options = ['data', 'labels', 'calibration', 'correction', 'judge'];
  const given = options.filter((option) => place.settings.has(option));
  if (given.length === 0) return;
  for (const option of ['data', 'labels']) {
    const path = place.settings.text(option);
    if (path === undefined || /^synthetic(:|$)/.test(path) || existsSync(path)) continue;
    throw new CommandFault(3, 'no-data', `there is no file "${path}"`, path);
  }
  const names = given.map((option) => `--${option}`).join(', ');
  place.issues.push({
    code: 'judged-by-weights',
    severity: 'warning',
    message: `This version judges a repair by the weights only: ${names} had no effect.`,
  });
}

function stepsOf(place: Workplace): StepId[] {
  const named = place.settings.list('steps');
  if (named.length === 0) return [...repairDefaults.steps];
  return named.map((name) => {
    const found = repairDefaults.steps.find((step) => step === name);
    if (found) return found;
    if (name === 'correct') {
      throw new CommandFault(
        4,
        'not-supported-yet',
        'the step "correct" comes with a later version',
        name,
      );
    }
    throw new CommandFault(
      2,
      'usage',
      `--steps: unknown step "${name}"; there are ${repairDefaults.steps.join(', ')}`,
    );
  });
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

/** A line a step. Steps that were judged together share one: the later reason says all. */
function stepLines(steps: readonly RepairStep[]): string[] {
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
