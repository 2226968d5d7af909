import type { EngineTensor } from '../engine.ts';
import type { Reduction, ReductionResult } from '../sampleTask.ts';
import { createReducer, type Reducer } from './reducers.ts';
import { StatisticsKernels } from './statisticsKernels.ts';

/** The values for some of a task's reductions, from one sample. */
export type SourceValues = readonly {
  /** Position in the task's reductions. */
  readonly at: number;
  readonly values: readonly EngineTensor[];
}[];

/** The reducers of a task, here or in a thread. */
export interface ReducingSide {
  /** `own`: arrays that nobody else needs, which may be handed over. */
  add(
    index: number,
    sources: SourceValues,
    own: ReadonlySet<EngineTensor['values']>,
  ): Promise<void>;
  results(): Promise<readonly ReductionResult[]>;
  close(): Promise<void>;
}

/** Reducers that work where they are called. */
export class ReducerSet implements ReducingSide {
  readonly #reducers: readonly Reducer[];

  constructor(reductions: readonly Reduction[]) {
    const isCounting = reductions.some(({ kind }) => kind !== 'ranking');
    const kernels = isCounting ? StatisticsKernels.create() : undefined;
    this.#reducers = reductions.map((reduction) => createReducer(reduction, kernels));
  }

  add(index: number, sources: SourceValues): Promise<void> {
    for (const { at, values } of sources) this.#reducers[at]?.add(index, values);
    return Promise.resolve();
  }

  results(): Promise<readonly ReductionResult[]> {
    return Promise.resolve(this.#reducers.map((reducer) => reducer.result()));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
