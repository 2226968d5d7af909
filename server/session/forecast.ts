import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import type { EqualizeApplied } from '../core/passes/equalizeLayers.ts';
import { foldStructure, type FoldOptions } from '../core/passes/foldBatchNorm.ts';
import type { PassResult } from '../core/passes/pass.ts';
import type { ChosenPlaces } from '../protocol/modelSettings.ts';
import { runPass } from '../runSteps.ts';
import type { StepId } from '../steps.ts';
import { leftOutOf, nothingChosen } from './chosenPlaces.ts';
import { madeBy, rebindGraph } from './rebind.ts';
import { setsIn } from './setsIn.ts';
import type { SpillFile } from './spill.ts';

/** What a step would do, without its edits. */
type DryResult = Pick<PassResult<object>, 'applied' | 'skipped' | 'isExact'>;

/** What each step would do to a graph if it were taken now: a dry run, nothing is proved. */
export interface Forecast {
  /** A step that was not tried is missing. */
  readonly results: ReadonlyMap<StepId, DryResult>;
  /** False: only the structure was looked at, and the graphs are as they were. */
  readonly isMeasured: boolean;
  /** As folding alone would leave it. */
  readonly folded: Graph;
  /** As fold, clear and equalize would leave it: what the gain of equalizing is measured on. */
  readonly equalized: Graph;
}

/** Each step, and the one whose result it is tried on: every step folds first, none of the others. */
const order: readonly (readonly [StepId, 'opened' | 'folded' | 'cleared'])[] = [
  ['fold', 'opened'],
  ['clear', 'folded'],
  ['equalize', 'cleared'],
  ['absorb', 'folded'],
];

/** Of larger models only the structure is tried in the background: weights need their size again. */
const weightLimitBytes = 64e6;

/** True where a dry run costs little enough memory to be made without being asked for. */
export const isSmall = (graph: Graph): boolean => {
  let bytes = 0;
  for (const { data } of graph.tensors.values()) bytes += data.sizeBytes;
  return bytes <= weightLimitBytes;
};

/**
 * Runs every step dry; all but folding leave some layers alone. What a step makes is put on disk
 * before the next one runs.
 */
export async function forecastSteps(
  graph: Graph,
  spill: SpillFile,
  job: Job,
  { leftAlone = [], chosen = nothingChosen }: Wishes = {},
): Promise<Forecast> {
  const results = new Map<StepId, DryResult>();
  const states = { opened: graph, folded: graph, cleared: graph, equalized: graph };
  for (const [done, [step, from]] of order.entries()) {
    await job.checkpoint(done, order.length, step);
    const result = await runPass(states[from], step, optionsOf(step, leftAlone, chosen), job);
    const isChosen = step === 'fold' && chosen.pairs.length > 0;
    const own = isChosen ? await runPass(graph, step, { pairs: pairsOf(chosen) }, job) : result;
    const { applied, skipped, isExact } = own;
    results.set(step, { applied, skipped, isExact });
    if (step === 'fold') states.folded = putAway(result, graph, spill);
    if (step === 'clear') states.cleared = putAway(result, states.folded, spill);
    if (step === 'equalize') states.equalized = putAway(result, states.cleared, spill);
  }
  return { results, isMeasured: true, folded: states.folded, equalized: states.equalized };
}

/** What is wished of the steps. */
interface Wishes {
  /** Layers that all but folding leave alone, by name. */
  readonly leftAlone?: readonly string[];
  readonly chosen?: ChosenPlaces;
}

/** Whatever pairs are chosen, the other steps fold all batch norms first. */
function optionsOf(
  step: StepId,
  leftAlone: readonly string[],
  chosen: ChosenPlaces,
): Record<string, unknown> {
  if (step === 'fold') return {};
  if (step !== 'equalize') return leftAlone.length > 0 ? { ignore: leftAlone } : {};
  return { only: chosen.sets, ignore: leftOutOf(leftAlone, chosen) };
}

const pairsOf = ({ pairs }: ChosenPlaces): FoldOptions['pairs'] =>
  pairs.map(([layer, batchNorm]) => ({ layer, batchNorm }));

/** A graph with its batch norms folded, as every target has it; large results go to disk. */
export async function foldedOf(graph: Graph, spill: SpillFile, job: Job): Promise<Graph> {
  return putAway(await runPass(graph, 'fold', {}, job), graph, spill);
}

/** What a look at the structure says: what could be folded and scaled, nothing of the weights. */
export async function forecastStructure(
  graph: Graph,
  job: Job,
  chosen: ChosenPlaces = nothingChosen,
): Promise<Forecast> {
  await job.checkpoint(0, 2, 'fold');
  const { graph: folded, applied: all, skipped } = foldStructure(graph);
  const pairs = new Set(chosen.pairs.map((pair) => pair.join('\n')));
  const applied = all.filter(
    ({ layer, batchNorm }) => pairs.size === 0 || pairs.has(`${layer}\n${batchNorm}`),
  );
  await job.checkpoint(1, 2, 'equalize');
  const found = setsIn(folded);
  const wanted = new Set(chosen.sets.map((set) => set.join('\n')));
  const isWanted = ({ layers }: (typeof found.sets)[number]): boolean =>
    wanted.size === 0 || wanted.has(layers.map(({ name }) => name).join('\n'));
  const sets = found.sets.filter(isWanted).map(({ layers }) => ({
    layers: layers.map(({ name }) => name),
    nodes: layers.map(({ node }) => node.id),
    ...unmeasured,
  }));
  const results = new Map<StepId, DryResult>([
    ['fold', { applied, skipped, isExact: true }],
    ['equalize', { applied: sets, skipped: found.skipped, isExact: true }],
  ]);
  return { results, isMeasured: false, folded: graph, equalized: graph };
}

/** What only the weights could say of a set. */
const unmeasured: Omit<EqualizeApplied, 'layers' | 'nodes'> = {
  reluBetween: [],
  scale: [],
  spreadBefore: NaN,
  spreadAfter: NaN,
  capsAdded: 0,
  clamped: 0,
};

/** Results up to this size stay in memory. */
const smallBytes = 16e6;

function putAway({ graph, edits }: PassResult<object>, before: Graph, spill: SpillFile): Graph {
  const made = madeBy(edits, before);
  const bytes = made.reduce((sum, { data }) => sum + data.sizeBytes, 0);
  if (bytes <= smallBytes || !spill.hasRoom(bytes)) return graph;
  return rebindGraph(graph, new Map(made.map((t) => [t, { ...t, data: spill.add(t.data) }])));
}
