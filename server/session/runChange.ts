import { displayName, type Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import { nounText } from '../core/reports/words.ts';
import { repair, repairDefaults } from '../repair.ts';
import type { CorrectionNote } from '../correctionNote.ts';
import type { DataChoice } from '../protocol/data.ts';
import type { ChosenPlaces } from '../protocol/modelSettings.ts';
import type { RunStepId } from '../protocol/model.ts';
import type { StepRequest } from '../protocol/requests.ts';
import type { TargetSettings } from '../protocol/target.ts';
import { Refused } from '../refused.ts';
import { runStep, type StepContext } from '../runSteps.ts';
import type { StepId, StepOutcome } from '../steps.ts';
import { isOfSettings, leftOutOf, nothingChosen, openIn, withChosen } from './chosenPlaces.ts';
import { recordOf, type Change, type StepRecord } from './changeLog.ts';
import { labelOf, noteOf } from './changeWords.ts';
import { notAskedFor, passOptions, repairOptions, without } from './leftAlone.ts';
import { spillLarge } from './rebind.ts';
import { joinParts, partOptions, stepsFrom, type MadePart } from './repairParts.ts';
import { isByHand, refuseMissed } from './refuseMissed.ts';
import { runCorrect } from './runCorrect.ts';
import { runRepairOnData } from './runRepairOnData.ts';
import type { DataPlace, SessionData } from './sessionData.ts';
import type { SpillFile } from './spill.ts';

/** What the steps of a session are run with. */
export interface ChangeContext extends StepContext {
  readonly spill: SpillFile;
  /** Results above this go to disk (issue 3: "a pass may add twice the tensors it changes"). */
  readonly memoryLimitBytes: number;
  /** The samples that are open. */
  readonly data: SessionData | undefined;
  /** How others are opened, where a change names them. */
  readonly dataPlace: DataPlace;
  /** The bias correction that the graph has. */
  readonly correction: CorrectionNote | undefined;
}

/** What is to be run: a request of the user's, a repair, or one layer taken out. */
export interface ChangePlan {
  readonly step: RunStepId | 'repair';
  readonly options: Record<string, unknown>;
}

/** What the changes of a plan stand on, and what they are called by. */
export interface ChangePlace {
  readonly takeId: () => number;
  readonly parents: readonly number[];
}

/** What became of a plan: changes, of a repair one a step, or the reasons why there is none. */
export interface ChangeResult {
  readonly graph: Graph;
  readonly changes: readonly Change[];
  readonly records: readonly StepRecord[];
  readonly notes: readonly string[];
}

/**
 * Runs one plan on a graph and proves it; what it changes stands on top of `parents`. Same graph,
 * same plan: same changes to the bit, which is what replaying the log rests on.
 */
export async function runChange(
  context: ChangeContext,
  graph: Graph,
  plan: ChangePlan,
  at: ChangePlace,
  job: Job,
): Promise<ChangeResult> {
  const made = await make(context, graph, plan, job);
  const { records, notes, parts } = made;
  const { spill, memoryLimitBytes } = context;
  const states = { before: graph, after: made.graph };
  const edits = parts.flatMap((part) => part.edits);
  const kept = spillLarge(edits, states, spill, memoryLimitBytes);
  if (kept.edits.length === 0) return { graph, changes: [], records, notes };
  const changes: Change[] = [];
  let taken = 0;
  for (const part of parts) {
    const own = { ...part, edits: kept.edits.slice(taken, taken + part.edits.length) };
    taken += part.edits.length;
    const parents = [...at.parents, ...changes.map(({ id }) => id)];
    const isLast = changes.length === parts.length - 1;
    const options =
      plan.step === 'repair'
        ? partOptions(plan.options, changes.length, parts.length)
        : plan.options;
    const change = changeOf(own, options);
    const verdict = isLast && made.verdict !== undefined ? { verdict: made.verdict } : {};
    const on = made.samples === undefined ? {} : { samples: made.samples };
    changes.push({ ...change, id: at.takeId(), parents, ...verdict, ...on });
  }
  return { graph: kept.graph, changes, records, notes };
}

function changeOf(
  { step, edits, records, correction }: MadePart,
  options: Record<string, unknown>,
): Omit<Change, 'id' | 'parents'> {
  const label = labelOf(records);
  return {
    step,
    options,
    label: correction === 'removed' && label === '' ? 'Remove bias correction' : label,
    note: isOfSettings(options)
      ? `${noteOf(records)}, as rangefinder.json has it`
      : noteOf(records),
    edits,
    records,
    ...(correction ? { correction } : {}),
  };
}

async function make(
  context: ChangeContext,
  graph: Graph,
  { step, options }: ChangePlan,
  job: Job,
): Promise<Made> {
  if (step === 'repair') {
    return options['data'] === undefined
      ? runRepair(context, graph, options, job)
      : runRepairOnData(context, graph, options, job);
  }
  const made =
    step === 'correct'
      ? await runCorrect(context, graph, options, job)
      : await runPasses(context, graph, step, options, job);
  return { ...made, parts: [{ ...made, step }] };
}

/** The plans of a request, in order; equalizing and absorbing fold first where that is to do. */
export function plansOf(
  steps: readonly StepRequest[],
  graph: Graph,
  grid: {
    readonly target: TargetSettings;
    readonly data: DataChoice | undefined;
    /** Layers that corrections leave alone, unless they are asked for by name. */
    readonly leftAlone?: readonly string[];
    /** Places that the settings file has. */
    readonly chosen?: ChosenPlaces;
    /** The model as opened. */
    readonly opened?: Graph;
  },
): ChangePlan[] {
  const { chosen = nothingChosen, opened = graph } = grid;
  const plans = steps.map(({ step, options: given = {} }): ChangePlan => {
    // Folding is exact and never done by halves: a choice of layers is for the other steps.
    const asked = step === 'fold' ? without('layers', given) : given;
    const options = withChosen(step, asked, chosen, opened);
    if (step === 'correct') {
      const resolved = resolveLayers(options, graph);
      const ignore = notAskedFor(grid.leftAlone, resolved);
      const own = { ...resolved, ...(ignore.length > 0 ? { ignore } : {}) };
      return { step, options: { ...own, ...withoutNothing(grid) } };
    }
    if (step === 'fold') return { step, options };
    const resolved = resolveLayers(options, graph);
    const { leftAlone: all = [] } = grid;
    const leftAlone = isByHand(resolved)
      ? []
      : isOfSettings(resolved)
        ? leftOutOf(all, chosen)
        : notAskedFor(all, resolved);
    return { step, options: leftAlone.length > 0 ? { ...resolved, leftAlone } : resolved };
  });
  const [first] = plans;
  const isRemoval = first?.options['remove'] === true;
  const needsFold = first !== undefined && first.step !== 'fold' && !isRemoval;
  return needsFold ? [{ step: 'fold', options: {} }, ...plans] : plans;
}

/** What a correction was made for and with, so that it can be made again. */
const withoutNothing = ({
  target,
  data,
}: {
  readonly target: TargetSettings;
  readonly data: DataChoice | undefined;
}): Record<string, unknown> => ({ target, ...(data ? { data } : {}) });

/** What a plan made of a graph. */
export interface Made {
  readonly graph: Graph;
  /** In order, one an undo entry. */
  readonly parts: readonly MadePart[];
  readonly records: readonly StepRecord[];
  readonly notes: readonly string[];
  /** What a repair came to, in a sentence. */
  readonly verdict?: string;
  /** The samples that it was made or judged on; absent: none. */
  readonly samples?: string | undefined;
}

/** The passes of each step of the rail that runs without samples. */
const passesOf: Readonly<Record<Exclude<RunStepId, 'correct'>, readonly StepId[]>> = {
  fold: ['fold'],
  equalize: ['clear', 'equalize'],
  absorb: ['absorb'],
};

async function runPasses(
  context: StepContext,
  graph: Graph,
  step: Exclude<RunStepId, 'correct'>,
  options: Record<string, unknown>,
  job: Job,
): Promise<Omit<Made, 'parts'> & Omit<MadePart, 'step'>> {
  const outcomes: StepOutcome[] = [];
  let current = graph;
  for (const pass of passesOf[step]) {
    if (pass === 'clear' && isByHand(options)) continue; // just what was chosen
    const outcome = await runStep(context, current, pass, passOptions(pass, options), job);
    if (pass === step) refuseMissed(outcome, openIn(options, current, outcome));
    outcomes.push(outcome);
    current = outcome.graph;
  }
  const edits = outcomes.flatMap((outcome) => outcome.edits);
  return { graph: current, edits, records: outcomes.map(recordOf), notes: notesOf(outcomes) };
}

async function runRepair(
  context: StepContext,
  graph: Graph,
  options: Record<string, unknown>,
  job: Job,
): Promise<Made> {
  const target = (options['target'] as TargetSettings | undefined) ?? context.target;
  const steps = stepsFrom(repairDefaults.steps, options['from']);
  const wish = { ...repairDefaults, steps, options: repairOptions(options) };
  const result = await repair({ ...context, target }, graph, wish, job);
  const made = result.steps.map(({ id, outcome, kept, reason }) => ({
    step: id,
    edits: kept ? outcome.edits : [],
    record: { ...recordOf(outcome), ...(kept ? {} : { notKept: reason }) },
  }));
  const refusals = result.steps.filter((step) => !step.kept).map((step) => step.reason);
  const { verdict } = result;
  return {
    graph: result.graph,
    parts: joinParts(made),
    records: made.map(({ record }) => record),
    notes: [verdict, ...refusals],
    verdict,
  };
}

/** Why steps did nothing, or were taken back. */
function notesOf(outcomes: readonly StepOutcome[]): string[] {
  const failed = outcomes.flatMap(({ rolledBack }) =>
    rolledBack === undefined ? [] : [rolledBack],
  );
  if (failed.length > 0 || outcomes.some(({ edits }) => edits.length > 0)) return failed;
  const skipped = outcomes.flatMap((outcome) => outcome.skipped);
  const [first] = skipped;
  if (!first) return ['there is nothing to do.'];
  const places = nounText(skipped.length, 'place was', 'places were');
  const reason = first.reason.replace(/\.$/, '');
  return [`nothing was done, ${places} left alone. The first: ${reason}. The ledger has them all.`];
}

/** Layers are named to a pass; a panel sends the ids of their rows. A set goes in model order. */
function resolveLayers(options: Record<string, unknown>, graph: Graph): Record<string, unknown> {
  const { layers, only } = options as { layers?: unknown; only?: unknown };
  const rank = new Map(graph.nodes.map((node, at) => [node.id, { at, name: displayName(node) }]));
  const nameOf = (layer: unknown): string => {
    const name = typeof layer === 'number' ? rank.get(layer)?.name : layer;
    if (typeof name === 'string') return name;
    throw new Refused({
      code: 'unknown-layer',
      message: `The model has no layer ${String(layer)}.`,
    });
  };
  const inOrder = (set: readonly unknown[]): readonly unknown[] =>
    set.every((one) => typeof one === 'number')
      ? [...set].sort((a, b) => (rank.get(a)?.at ?? 0) - (rank.get(b)?.at ?? 0))
      : set;
  return {
    ...options,
    ...(Array.isArray(layers) ? { layers: layers.map(nameOf) } : {}),
    ...(Array.isArray(only)
      ? { only: only.map((set: readonly unknown[]) => inOrder(set).map(nameOf)) }
      : {}),
  };
}
