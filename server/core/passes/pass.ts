import type { GraphEdit } from '../graph/edits.ts';
import type { Graph, NodeId } from '../graph/graph.ts';
import type { Job } from '../job.ts';

/** A place that looked right and was left alone. */
export interface Skip {
  /** Stable, for scripts: `graph-output`, `shared-weight`, `padded`, ... */
  readonly code: string;
  /** The name a user knows: `displayName(node)`. */
  readonly place: string;
  readonly node?: NodeId;
  /** Why, in one sentence a user can act on. */
  readonly reason: string;
  /** What would unblock it, if anything would. */
  readonly remedy?: string;
  /** How many of the channels there are left alone; absent: not a matter of single ones. */
  readonly channels?: { readonly left: number; readonly of: number };
  /** How far the float outputs would have moved, as a share of the largest; absent: not tried. */
  readonly moved?: number;
}

/**
 * How a value of the graph before a pass relates to one of the graph after it, so that it can be
 * proved: after = before / divisor - offset, per channel of axis 1 (absent: 1 and 0).
 */
export interface Correspondence {
  readonly before: string;
  readonly after: string;
  readonly divisor?: ArrayLike<number>;
  readonly offset?: ArrayLike<number>;
  /**
   * The channels that the pass changed: others are the same whatever they do, and show nothing of
   * it. Absent: all.
   */
  readonly changed?: readonly number[];
}

/** What a pass did. `Applied` has one entry for each place it changed. */
export interface PassResult<Applied> {
  readonly graph: Graph;
  readonly edits: readonly GraphEdit[];
  readonly applied: readonly Applied[];
  readonly skipped: readonly Skip[];
  /** False when the float outputs may move by more than rounding. */
  readonly isExact: boolean;
  readonly correspondences: readonly Correspondence[];
}

/**
 * One correction. The given graph is untouched; same graph and options, same result to the bit.
 * What must have been measured comes in through the options; a pass never runs an engine.
 */
export interface GraphPass<Options extends object, Applied> {
  readonly id: string;
  readonly title: string;
  readonly defaults: Options;
  run(graph: Graph, options: Options, job: Job): Promise<PassResult<Applied>>;
}
