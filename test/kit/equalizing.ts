import type { Graph } from '../../server/core/graph/graph.ts';
import { noJob } from '../../server/core/job.ts';
import {
  equalizeLayers,
  type EqualizeApplied,
  type EqualizeOptions,
} from '../../server/core/passes/equalizeLayers.ts';
import type { PassResult } from '../../server/core/passes/pass.ts';

/** Scales layers, with the defaults where nothing else is given. */
export const equalize = (
  graph: Graph,
  options: Partial<EqualizeOptions> = {},
): Promise<PassResult<EqualizeApplied>> =>
  equalizeLayers.run(graph, { ...equalizeLayers.defaults, ...options }, noJob);

/** The sets that were scaled, layers joined by hyphens. */
export const setsOf = ({ applied }: PassResult<EqualizeApplied>): string[] =>
  applied.map(({ layers }) => layers.join('-'));

/** Why places were left alone. */
export const codesOf = ({ skipped }: PassResult<EqualizeApplied>): string[] =>
  skipped.map(({ code }) => code);

/** The invariant of algorithms.md 14: rounding of float32 in a few layers. */
export const invariant = { relative: 1e-4, absolute: 1e-6 };
