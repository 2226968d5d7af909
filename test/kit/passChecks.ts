import assert from 'node:assert/strict';
import { checkGraph } from '../../server/core/graph/check.ts';
import { applyEdits, invertAll } from '../../server/core/graph/edits.ts';
import type { Graph } from '../../server/core/graph/graph.ts';
import type { PassResult } from '../../server/core/passes/pass.ts';
import type { Random } from './random.ts';
import { sameOutputs, type Tolerance } from './run.ts';

/** What holds for every pass: the result is a graph, undo gives the old one, redo the new one. */
export function checkEdits(before: Graph, result: PassResult<object>): void {
  assert.deepEqual(checkGraph(result.graph, before), []);
  assert.deepEqual(applyEdits(result.graph, invertAll(result.edits)), before, 'undo');
  assert.deepEqual(applyEdits(before, result.edits), result.graph, 'redo');
}

/** Also runs both graphs in ONNX Runtime: an exact pass moves no output by more than rounding. */
export async function checkExact(
  before: Graph,
  result: PassResult<object>,
  random: Random,
  tolerance: Tolerance,
): Promise<void> {
  checkEdits(before, result);
  assert.equal(result.isExact, true);
  await sameOutputs(before, result.graph, random, tolerance);
}

/** `code place` of each skip. */
export const reasonsOf = ({ skipped }: PassResult<object>): string[] =>
  skipped.map(({ code, place }) => `${code} ${place}`);

/** Operators in order. */
export const opsOf = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);
