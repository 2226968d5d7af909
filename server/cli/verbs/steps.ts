import {
  changeNotes,
  noteChange,
  notedChanges,
  type NotedChange,
  type NotedOn,
} from '../../changeNotes.ts';
import { displayName, type Graph } from '../../core/graph/graph.ts';
import type { FoldApplied } from '../../core/passes/foldBatchNorm.ts';
import { countText } from '../../core/reports/words.ts';
import type { Proof, StepOutcome } from '../../steps.ts';
import type { ModelDocument } from '../../formats/format.ts';
import type { RepairReport } from '../../protocol/data.ts';
import { runSteps } from '../../runSteps.ts';
import { scoreWeights, type WeightScore } from '../../weightScore.ts';
import { Refused } from '../../refused.ts';
import { refuseMissed } from '../../session/refuseMissed.ts';
import { recordOf } from '../../session/changeLog.ts';
import { labelOf } from '../../session/changeWords.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import type { ReportInput } from '../../report/reportInput.ts';
import { reportOf } from '../reporting.ts';
import { scoreFields, scoreText } from '../scores.ts';
import { shortNames } from '../shortNames.ts';
import { counted, significant } from '../text.ts';
import { activityWords } from '../../protocol/activity.ts';
import { heldByFormat, heldWords } from '../../toWire/heldByFormat.ts';
import { unprovedText } from '../../unprovedText.ts';
import type { Wish } from '../../scalingPlans.ts';
import type { Workplace } from '../workplace.ts';
import { noteDoneBefore } from './doneBefore.ts';
import { skipFields } from './skips.ts';
import { unknownName } from './wantedLayers.ts';

/**
 * Runs steps on the model named, saves where `-o` says, and joins what they say into one answer;
 * with `isScored` also how well the weights fit the target before and after.
 */
export async function runAndSave(
  place: Workplace,
  wishes: readonly Wish[],
  describe: (outcomes: readonly StepOutcome[]) => {
    fields: Record<string, unknown>;
    text: string[];
  },
  isScored = false,
): Promise<Answer> {
  place.outputPath();
  const context = await place.stepContext();
  const opened = place.graphToCorrect(context.document);
  checkNames(place, opened);
  const outcomes = await runSteps(context, opened, wishes, place.job);
  for (const outcome of outcomes) noteRollBack(place, outcome);
  checkChosen(wishes, outcomes);
  noteUnproved(place, outcomes);
  noteDoneBefore(place, context.document, outcomes);
  const graph = outcomes.at(-1)?.graph ?? opened;
  // Measured first: saving over the model's own file lets go of the weights from before.
  const scores = isScored ? await scoresOf(place, opened, outcomes) : undefined;
  const records = outcomes.map(recordOf);
  const page = await reportOf(place, () => ({
    graph,
    before: opened,
    records,
    changes: changesOf(outcomes),
    verdict: scores ? scoreText(scores.before, scores.after) : changedText(outcomes),
  }));
  const isTakenBack = place.hasRolledBack;
  const saved = isTakenBack
    ? undefined
    : await place.save(graph, notesOf(context.document, outcomes, wishes));
  const { fields, text } = describe(outcomes);
  const short = shortNames(opened);
  const proof = joinProofs(outcomes);
  return {
    fields: {
      ...fields,
      ...(scores && { before: scoreFields(scores.before), after: scoreFields(scores.after) }),
      skipped: outcomes.flatMap((o) => o.skipped.map(skipFields)),
      proof: proofFields(proof),
      output: saved,
    },
    text: [
      ...(scores ? [place.settings.targetText()] : []),
      ...short.note,
      ...[...text, ...(scores ? [scoreText(scores.before, scores.after)] : [])].map(short.text),
      ...proofText(proof),
      savedText(saved, isChanged(outcomes), isTakenBack),
    ],
    exit: isTakenBack ? 5 : 0,
    report: page,
  };
}

/** Steps that changed something, for a report. */
export const changesOf = (outcomes: readonly StepOutcome[]): ReportInput['changes'] =>
  outcomes
    .filter((outcome) => outcome.edits.length > 0)
    .map((outcome) => ({ label: labelOf([recordOf(outcome)]), note: '' }));

const changedText = (outcomes: readonly StepOutcome[]): string =>
  changesOf(outcomes)
    .map(({ label }) => `${label}.`)
    .join(' ') || 'Nothing changed.';

/** Pairs and sets that were chosen by hand are done as they were chosen, or nothing is. */
function checkChosen(wishes: readonly Wish[], outcomes: readonly StepOutcome[]): void {
  for (const outcome of outcomes) {
    if (outcome.step === 'absorb') continue;
    const { only, ...options } = wishes.find(({ step }) => step === outcome.step)?.options ?? {};
    // A set whose ranges are equal already is no mistake.
    const balanced = outcome.skipped.filter(({ code }) => code === 'balanced');
    const open = ((only ?? []) as readonly (readonly string[])[]).filter(
      (set) => !balanced.some(({ place }) => place === set.join(', ')),
    );
    try {
      refuseMissed(outcome, { ...options, only: open });
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown;
      const { code, message, where, remedy } = thrown.fault;
      throw new CommandFault(4, code, message, where, remedy);
    }
  }
}

/** Names that were given for layers, pairs or sets and that the model does not have are wrong usage. */
export function checkNames(place: Workplace, graph: Graph): void {
  const known = new Set(graph.nodes.map(displayName));
  const { settings } = place;
  const given = [
    ...settings.list('layers'),
    ...settings.list('ignore'),
    ...place.pairs().flat(),
    ...place.sets().flat(),
  ];
  const stranger = given.find((name) => !known.has(name));
  if (stranger === undefined) return;
  throw unknownName('node', stranger, [...known]);
}

/** A step that was taken back is told of. */
export function noteRollBack(place: Workplace, outcome: StepOutcome): void {
  if (outcome.rolledBack === undefined) return;
  place.issues.push({ code: 'rolled-back', severity: 'error', message: outcome.rolledBack });
}

/** Says how many sets the format of the file holds back, and what a repair can gain more of. */
export function noteHeldByFormat(
  place: Workplace,
  steps: readonly { readonly outcome: StepOutcome | undefined }[],
): void {
  const held = heldByFormat(steps.flatMap(({ outcome }) => (outcome ? [outcome] : [])));
  if (held === 0) return;
  const message = heldWords(held, 'Export it first (export --to onnx), and repair that file');
  place.issues.push({ code: 'held-by-format', severity: 'warning', message });
}

/** Steps whose changes are kept although they are not proved are warned of, unless that was asked for. */
export function noteUnproved(place: Workplace, outcomes: readonly StepOutcome[]): void {
  if (place.settings.has('no-proof')) return;
  for (const outcome of outcomes) {
    const message = unprovedText(outcome);
    if (message !== undefined) {
      place.issues.push({ code: 'not-proved', severity: 'warning', message });
    }
  }
}

/** What was done, added to what the file's metadata says was done before. */
export const notesOf = (
  document: ModelDocument,
  outcomes: readonly StepOutcome[],
  wishes: readonly Wish[],
): ReadonlyMap<string, string> =>
  changeNotes(document, [...notedChanges(document), ...entriesOf(outcomes, wishes)]);

/** An entry of the file's metadata for each step that changed something. */
export function entriesOf(
  outcomes: readonly StepOutcome[],
  wishes: readonly Wish[],
  on: NotedOn = {},
): NotedChange[] {
  const done = outcomes.filter((outcome) => outcome.edits.length > 0);
  return done.map((outcome) => {
    const { step, proof } = outcome;
    const options = wishes.find((wish) => wish.step === step)?.options ?? {};
    const label = labelOf([recordOf(outcome)]);
    return noteChange(step, label, options, proof ? [{ step, proof }] : [], on);
  });
}

/**
 * What the file's metadata say after a repair: its entries after those of before, the last of which
 * has what was tried and kept.
 */
export function repairNotes(
  document: ModelDocument,
  entries: readonly NotedChange[],
  repair: RepairReport,
): ReadonlyMap<string, string> {
  const last = entries.at(-1);
  const own = last ? [...entries.slice(0, -1), { ...last, repair }] : [];
  return changeNotes(document, [...notedChanges(document), ...own]);
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
    ...joinedActivity(proofs),
    ...joinedFloat32(proofs),
    ...(missing === undefined ? {} : { unavailable: missing }),
  };
}

function joinedActivity(
  proofs: readonly Proof[],
): Pick<Proof, 'activeChannels' | 'changedChannels'> {
  if (proofs.every((proof) => proof.changedChannels === undefined)) return {};
  return {
    activeChannels: proofs.reduce((sum, proof) => sum + (proof.activeChannels ?? 0), 0),
    changedChannels: proofs.reduce((sum, proof) => sum + (proof.changedChannels ?? 0), 0),
  };
}

/** One that could not be had in float32, or one that is not exact there, stands for all. */
function joinedFloat32(proofs: readonly Proof[]): Pick<Proof, 'float32'> {
  const all = proofs.map((proof) => proof.float32).filter((proof) => proof !== undefined);
  const measured = all.filter((proof) => 'exact' in proof);
  const [missing] = all.filter((proof) => 'unavailable' in proof);
  const [first] = measured;
  if (missing) return { float32: missing };
  if (!first) return {};
  const maxRel = measured.reduce((sum, proof) => sum + proof.maxRel, 0);
  return { float32: { ...first, maxRel, exact: measured.every((proof) => proof.exact) } };
}

/** The proof in JSON; null where nothing was changed. */
export function proofFields(proof: Proof | undefined): object | null {
  if (!proof) return null;
  return { ...proof, values: undefined, isRefused: undefined };
}

/** The weights before and after; before as every target has them, folded where that was asked for. */
async function scoresOf(
  place: Workplace,
  graph: Graph,
  outcomes: readonly StepOutcome[],
): Promise<{ before: WeightScore; after: WeightScore }> {
  const [first] = outcomes;
  const from = first?.step === 'fold' ? first.graph : graph;
  const target = place.settings.target();
  const before = await scoreWeights(from, target, place.job);
  return { before, after: await scoreWeights(outcomes.at(-1)?.graph ?? graph, target, place.job) };
}

/** What went before a step that was asked for, with how often. */
export function preparedText(outcomes: readonly StepOutcome[]): string[] {
  const parts = outcomes.flatMap(({ step, applied }) => {
    if (applied.length === 0) return [];
    if (step === 'clear') {
      return [`cleared dead or constant channels in ${counted(applied.length, 'place')}`];
    }
    if (step !== 'fold') return [];
    const folds = applied as readonly FoldApplied[];
    const folded = folds.filter((one) => one.direction !== 'standalone');
    return [`folded ${counted(folded.length, 'batch norm')}`];
  });
  return parts.length === 0 ? [] : [`First: ${parts.join(', ')}.`];
}

/** Did any step leave an edit? */
const isChanged = (outcomes: readonly StepOutcome[]): boolean =>
  outcomes.some((outcome) => outcome.edits.length > 0);

/** Where the result is, or how to keep it. */
export function savedText(
  saved: string | undefined,
  hasChanged: boolean,
  isTakenBack = false,
): string {
  if (isTakenBack) return 'Nothing was saved: a step was taken back.';
  if (saved !== undefined) return `${hasChanged ? 'Saved' : 'Saved unchanged'}: ${saved}`;
  return hasChanged ? 'Nothing was saved: give -o FILE, or --in-place.' : 'Nothing to save.';
}

export function proofText(proof: Proof | undefined): string[] {
  if (!proof) return ['Nothing changed.'];
  if (proof.unavailable !== undefined)
    return [`Not proved: ${proof.unavailable.replace(/\.$/, '')}.`];
  if (!proof.exercised)
    return ['Not proved: no changed channel gave a signal on the probe inputs.'];
  const by =
    proof.maxAbs === 0
      ? 'float outputs are the same to the last bit'
      : `float outputs moved by at most ${significant(proof.maxAbs)} (${significant(proof.maxRel)} of the largest value)`;
  const moved = `${by} on ${counted(proof.samples, 'probe input')} (${proof.source})`;
  return [
    `${proof.exact ? 'Proved exact' : 'Not exact'}: ${moved}.`,
    ...activityWords(proof, countText).map((words) => `  ${words}`),
    ...float32Text(proof),
  ];
}

function float32Text({ float32 }: Proof): string[] {
  if (!float32) return [];
  if ('unavailable' in float32) return [`  Not tried in float32: ${float32.unavailable}`];
  const { maxRel, tolerance } = float32;
  return [`  In float32 moved by ${significant(maxRel)} (allowed: ${significant(tolerance)}).`];
}
