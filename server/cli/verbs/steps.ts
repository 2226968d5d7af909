import { changeNotes, noteChange, notedChanges } from '../../changeNotes.ts';
import { displayName, type Graph } from '../../core/graph/graph.ts';
import type { Proof, StepId, StepOutcome } from '../../steps.ts';
import type { ModelDocument } from '../../formats/format.ts';
import { runSteps } from '../../runSteps.ts';
import { recordOf } from '../../session/changeLog.ts';
import { labelOf } from '../../session/changeWords.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import { significant } from '../text.ts';
import type { Workplace } from '../workplace.ts';
import { skipFields } from './skips.ts';

/** A step to run, with options of its pass. */
export interface Wish {
  readonly step: StepId;
  readonly options: Record<string, unknown>;
}

/** Runs steps on the model named, saves where `-o` says, and joins what they say into one answer. */
export async function runAndSave(
  place: Workplace,
  wishes: readonly Wish[],
  describe: (outcomes: readonly StepOutcome[]) => {
    fields: Record<string, unknown>;
    text: string[];
  },
): Promise<Answer> {
  place.outputPath();
  const context = await place.stepContext();
  checkNames(place, context.document.graph);
  const outcomes = await runSteps(context, context.document.graph, wishes, place.job);
  for (const outcome of outcomes) noteRollBack(place, outcome);
  const graph = outcomes.at(-1)?.graph ?? context.document.graph;
  const saved = await place.save(graph, notesOf(context.document, outcomes, wishes));
  const { fields, text } = describe(outcomes);
  const proof = joinProofs(outcomes);
  return {
    fields: {
      ...fields,
      skipped: outcomes.flatMap((o) => o.skipped.map(skipFields)),
      proof: proofFields(proof),
      output: saved,
    },
    text: [...text, ...proofText(proof), savedText(saved)],
    exit: outcomes.some((o) => o.rolledBack !== undefined) ? 5 : 0,
  };
}

/** Names given with --layers, --ignore, --pairs or --sets that the model does not have are wrong usage. */
export function checkNames(place: Workplace, graph: Graph): void {
  const known = new Set(graph.nodes.map(displayName));
  const { settings } = place;
  const given = [
    ...settings.list('layers'),
    ...settings.list('ignore'),
    ...settings.pairs('pairs').flat(),
    ...settings.list('sets', ';').flatMap((set) => set.split(',').map((name) => name.trim())),
  ];
  const stranger = given.find((name) => !known.has(name));
  if (stranger === undefined) return;
  throw new CommandFault(
    2,
    'unknown-layer',
    `the model has no node "${stranger}"`,
    stranger,
    'rangefinder analyze lists the layers',
  );
}

/** A step that was taken back is told of. */
export function noteRollBack(place: Workplace, outcome: StepOutcome): void {
  if (outcome.rolledBack === undefined) return;
  place.issues.push({ code: 'rolled-back', severity: 'error', message: outcome.rolledBack });
}

/** What was done, added to what the file's metadata says was done before. */
export function notesOf(
  document: ModelDocument,
  outcomes: readonly StepOutcome[],
  wishes: readonly Wish[],
): ReadonlyMap<string, string> {
  const done = outcomes.filter((outcome) => outcome.edits.length > 0);
  const entries = done.map((outcome) => {
    const { step, proof } = outcome;
    const options = wishes.find((wish) => wish.step === step)?.options ?? {};
    const label = labelOf(step, [recordOf(outcome)]);
    return noteChange(step, label, options, proof ? [{ step, proof }] : []);
  });
  return changeNotes(document, [...notedChanges(document), ...entries]);
}

/** The proofs of several steps as one: each bound added up, exact only where all are. */
export function joinProofs(outcomes: readonly StepOutcome[]): Proof | undefined {
  const proofs = outcomes.map((outcome) => outcome.proof).filter((proof) => proof !== undefined);
  const [first] = proofs;
  if (!first) return undefined;
  const missing = proofs.find((proof) => proof.unavailable !== undefined)?.unavailable;
  return {
    ...first,
    exercised: proofs.every((proof) => proof.exercised),
    maxAbs: proofs.reduce((sum, proof) => sum + proof.maxAbs, 0),
    maxRel: proofs.reduce((sum, proof) => sum + proof.maxRel, 0),
    exact: proofs.every((proof) => proof.exact),
    values: proofs.flatMap((proof) => proof.values),
    ...(missing === undefined ? {} : { unavailable: missing }),
  };
}

/** The proof in JSON; null where nothing was changed. */
export function proofFields(proof: Proof | undefined): object | null {
  if (!proof) return null;
  const { exercised, samples, source, seed, maxAbs, maxRel, tolerance, exact, unavailable } = proof;
  return { exercised, samples, source, seed, maxAbs, maxRel, tolerance, exact, unavailable };
}

/** Where the result is, or how to keep it. */
export const savedText = (saved: string | undefined): string =>
  saved === undefined ? 'Nothing was saved: give -o FILE, or --in-place.' : `Saved: ${saved}`;

export function proofText(proof: Proof | undefined): string[] {
  if (!proof) return ['Nothing changed.'];
  if (proof.unavailable !== undefined) return [`Not proved: ${proof.unavailable}.`];
  if (!proof.exercised)
    return ['Not proved: no changed channel was ever active on the probe inputs.'];
  const by =
    proof.maxAbs === 0
      ? 'float outputs are the same to the last bit'
      : `float outputs moved by at most ${significant(proof.maxAbs)} (${significant(proof.maxRel)} of the largest value)`;
  const moved = `${by} on ${proof.samples} probe inputs (${proof.source})`;
  return [proof.exact ? `Proved exact: ${moved}.` : `Not exact: ${moved}.`];
}
