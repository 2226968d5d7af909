import type { GraphEdit } from '../core/graph/edits.ts';
import type { Graph } from '../core/graph/graph.ts';
import { MemoryData, type Tensor } from '../core/graph/tensor.ts';
import { SpillFile } from './spill.ts';

/** Tensors that are to stand in place of others with the same elements. */
export type TensorMap = ReadonlyMap<Tensor, Tensor>;

/** The graph with its tensors exchanged; itself where it has none of them. */
export function rebindGraph(graph: Graph, map: TensorMap): Graph {
  if (![...graph.tensors.values()].some((tensor) => map.has(tensor))) return graph;
  const tensors = new Map(
    [...graph.tensors].map(([name, tensor]) => [name, map.get(tensor) ?? tensor]),
  );
  return { ...graph, tensors };
}

/** The edits with their tensors exchanged. */
export function rebindEdits(edits: readonly GraphEdit[], map: TensorMap): GraphEdit[] {
  const swap = (tensor: Tensor | undefined): Tensor | undefined =>
    tensor && (map.get(tensor) ?? tensor);
  return edits.map((edit) =>
    edit.kind === 'setTensor'
      ? { ...edit, before: swap(edit.before), after: swap(edit.after) }
      : edit,
  );
}

/** Every tensor that undoing or redoing the edits may bring back, once. */
export function tensorsOf(edits: readonly GraphEdit[]): Set<Tensor> {
  const found = new Set<Tensor>();
  for (const edit of edits) {
    if (edit.kind !== 'setTensor') continue;
    if (edit.before) found.add(edit.before);
    if (edit.after) found.add(edit.after);
  }
  return found;
}

/** The tensors in memory that the edits made: those that the graph before them has not. */
export function madeBy(edits: readonly GraphEdit[], before: Graph): Tensor[] {
  const old = new Set(before.tensors.values());
  const made = new Set<Tensor>();
  for (const edit of edits) {
    if (edit.kind !== 'setTensor' || !edit.after || old.has(edit.after)) continue;
    if (edit.after.data instanceof MemoryData) made.add(edit.after);
  }
  return [...made];
}

/** True where the elements are read from the model's own file, which a save replaces. */
export const liesInModelFile = ({ data }: Tensor): boolean =>
  !(data instanceof MemoryData) && !SpillFile.holds(data);

/** Results above this go to disk (issue 3: "a pass may add twice the tensors it changes"). */
const memoryLimitBytes = 500e6;

/** Moves what a step has made to the spill file when it is too large to keep in memory. */
export function spillLarge(
  edits: readonly GraphEdit[],
  { before, after: graph }: { readonly before: Graph; readonly after: Graph },
  spill: SpillFile,
  limitBytes = memoryLimitBytes,
): { edits: readonly GraphEdit[]; graph: Graph } {
  const made = madeBy(edits, before);
  const bytes = made.reduce((sum, { data }) => sum + data.sizeBytes, 0);
  if (bytes <= limitBytes || !spill.hasRoom(bytes)) return { edits, graph };
  const map = new Map(made.map((t) => [t, { ...t, data: spill.add(t.data) }] as const));
  return { edits: rebindEdits(edits, map), graph: rebindGraph(graph, map) };
}
