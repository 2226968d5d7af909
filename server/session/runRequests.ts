import type { Job } from '../core/job.ts';
import type { StepRequest } from '../protocol/requests.ts';
import { Refused } from '../refused.ts';
import { stepTitle } from '../toWire/stepTitle.ts';
import { redoneSince, type Change, type StepRecord } from './changeLog.ts';
import { plansOf, runChange, type ChangePlan } from './runChange.ts';
import type { Preview, Session } from './session.ts';
import { runUndoLayer } from './undoLayer.ts';

/** Runs the steps of a request on the applied graph; the session stays as it is. */
export function runRequests(
  session: Session,
  requests: readonly StepRequest[],
  job: Job,
): Promise<Preview> {
  const { graph, base: opened, target, data, leftAlone, chosen } = session.state;
  const grid = { target, data: data?.choice, leftAlone, chosen, opened };
  const plans = plansOf(requests, graph, grid);
  return runPlans(session, plans, requests, job);
}

/** Runs the pipeline with its stop rule on the applied graph; the session stays as it is. */
export async function runRepair(session: Session, job: Job): Promise<Preview> {
  const { target, data, leftAlone } = session.state;
  const options = {
    target,
    ...(data ? { data: data.choice } : {}),
    ...(leftAlone.length > 0 ? { leftAlone } : {}),
  };
  const run = await runPlans(session, [{ step: 'repair', options }], [], job);
  return { ...run, isRepair: true };
}

/** Runs plans one after the other; each that changes something is a change of its own, of a repair each step. */
export async function runPlans(
  session: Session,
  plans: readonly ChangePlan[],
  requests: readonly StepRequest[],
  job: Job,
): Promise<Preview> {
  refuseWithoutSteps(session);
  const { applied } = session.state;
  const changes: Change[] = [];
  const records: StepRecord[] = [];
  const notes: string[] = [];
  let { graph } = session.state;
  for (const plan of plans) {
    const parents = [...applied, ...changes].map(({ id }) => id);
    const at = { takeId: () => session.takeId(), parents };
    const context = session.context(changes);
    const result =
      redoneSince(plan) === undefined
        ? await runChange(context, graph, plan, at, job)
        : await runUndoLayer(context, graph, session.openedCorrection, applied, plan, at, job);
    const isAsked = requests.length === 0 || requests.some(({ step }) => step === plan.step);
    if (isAsked) notes.push(...result.notes.map((note) => ofStep(plan.step, note)));
    records.push(...result.records);
    changes.push(...result.changes);
    graph = result.graph;
  }
  return { requests, changes, records, graph, notes };
}

/** A note with the step that it is about; those of a repair speak for themselves. */
const ofStep = (step: ChangePlan['step'], note: string): string =>
  step === 'repair' ? note : `${stepTitle[step]}: ${note}`;

/** Makes the changes of a run applied; what had been undone can then not be redone any more. */
export function commitRun(session: Session, run: Preview): void {
  const { state } = session;
  if (run.changes.length === 0) {
    session.commit({ tried: run.records, preview: undefined });
    return;
  }
  const applied = [...state.applied, ...run.changes];
  const isKept = (id: number): boolean => state.saved.includes(id);
  const known = new Map([...state.known].filter(([id]) => isKept(id)));
  for (const change of applied) known.set(change.id, change);
  const tried = run.records.filter(({ applied: places }) => places.length === 0);
  session.commit({ graph: run.graph, applied, known, tried, preview: undefined });
}

/** True when a preview shows just these steps, so that its outcome can be applied as it is. */
export function isSameRun(preview: Preview | undefined, requests: readonly StepRequest[]): boolean {
  if (!preview) return false;
  const steps = (list: readonly { step: string }[]): string => list.map(({ step }) => step).join();
  const asked = steps(requests);
  if (asked !== steps(preview.requests) && asked !== steps(preview.changes)) return false;
  const options = ({ requests: list }: Pick<Preview, 'requests'>): string =>
    JSON.stringify(list.map((request) => request.options ?? {}));
  const hasOptions = requests.some((request) => request.options !== undefined);
  return !hasOptions || options(preview) === options({ requests });
}

function refuseWithoutSteps({ kind, name }: Session): void {
  if (kind === 'quantized') {
    throw new Refused({
      code: 'quantized',
      message: `${name} is quantized already: its weights are on an integer grid, and corrections need the float weights.`,
      where: name,
      remedy: 'Open the float model that it was made from.',
    });
  }
  if (kind === 'no-layers') {
    throw new Refused({
      code: 'no-layers',
      message: `${name} has no layer with constant float weights, so there is nothing to correct.`,
      where: name,
      remedy: 'Export the model with its weights as initializers or constants.',
    });
  }
}
