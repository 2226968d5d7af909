import type { RepairReport } from './data.ts';
import type { ProofState } from './model.ts';

/** A change as the file that has it says so. */
export interface RecordedChange {
  /** `Equalize 14 sets`. */
  readonly label: string;
  /** Of Rangefinder, which wrote it; absent: not recorded. */
  readonly version?: string;
  /** The grid that it was chosen or made for; absent: it depends on none, or that is not recorded. */
  readonly target?: string;
  /** `imagenet-a · 12 + 12 + 40, labelled`; absent: none were used, or that is not recorded. */
  readonly samples?: string;
  /** The same in words, and whose version where there are several; empty: nothing is recorded. */
  readonly about: string;
}

/**
 * What a file's own metadata say was done to it before it was opened. Nothing of it was measured
 * again: it is what somebody wrote into the file.
 */
export interface FileRecord {
  /** Who wrote it, and what it is worth. */
  readonly words: string;
  /** In the order in which it was done. */
  readonly changes: readonly RecordedChange[];
  /** Of each step that has one. */
  readonly proofs: readonly ProofState[];
  /** What the proofs come to, as it was said then; absent where there are none. */
  readonly proofWords?: string;
  /** What the last repair tried and kept; absent: none is recorded. */
  readonly repair?: RepairReport;
}
