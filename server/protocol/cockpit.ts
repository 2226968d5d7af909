import type { CockpitData } from './data.ts';
import type { Phrase } from './model.ts';
import type { WireNumber } from './wire.ts';

/** Layers that are scaled together, drawn over one channel axis. */
export interface CockpitSet {
  readonly title: string;
  readonly strips: readonly Strip[];
  readonly channels: number;
  /** True where the strips have bins of four channels, each with the largest of them. */
  readonly isBinned: boolean;
}

/** One strip of the cockpit: a series over the channels of the set. */
export type Strip =
  | {
      readonly kind: 'range';
      readonly layer: number;
      readonly name: string;
      readonly role: 'makes' | 'reads';
      /** How many inputs hold each channel, behind a Flatten; absent: one. */
      readonly inputsEach?: number;
      /** Largest |w| of each channel, in channel order. */
      readonly now: readonly number[];
      readonly before?: readonly number[];
      /** Of the grid that all channels share; 0 where they share none. */
      readonly halfStep: number;
      /** Channels that are dead: provably 0 whatever the input. */
      readonly dead: readonly number[];
    }
  | {
      readonly kind: 'factor';
      readonly name: string;
      /** Scale factor of each channel: the layer above is divided by it, the one below times it. */
      readonly factor: readonly number[];
      /** False: as it would be, not applied yet. */
      readonly isApplied: boolean;
    };

/** Weights on the target's integer grid: that of the tensor, or each channel's own, merged. */
export interface LevelHistogram {
  /** Lowest and highest level of the grid. */
  readonly low: number;
  readonly high: number;
  /** Counts per bin, equal widths from `low` to `high` inclusive; at most 512 bins. */
  readonly counts: readonly number[];
  /** Of the tensor; with a scale for each channel the median of their steps. */
  readonly step: number;
  /** Smallest and largest step of a channel; absent with one scale for the tensor. */
  readonly steps?: { readonly min: number; readonly max: number };
  /** Share of weights that round to 0. */
  readonly zeroShare: number;
}

/** Why, for one layer. */
export interface CockpitState {
  /** What samples say; absent: not measured. */
  readonly data?: CockpitData;
  readonly revision: number;
  readonly layer: number;
  readonly cause: readonly Phrase[];
  readonly now?: readonly Phrase[];
  /** What can be done for this layer alone. */
  readonly actions: readonly {
    readonly kind: 'previewSet' | 'undoLayer' | 'ledger';
    readonly label: string;
    readonly note: string;
  }[];
  /** The sets that the layer is in, each with its strips; own strip alone when there is none. */
  readonly sets: readonly CockpitSet[];
  /** Why it is in no set. */
  readonly noSet?: string;
  readonly levels: { readonly now: LevelHistogram; readonly before?: LevelHistogram };
  readonly statistics: {
    readonly min: number;
    readonly max: number;
    readonly mean: number;
    readonly std: number;
    readonly kurtosis: WireNumber;
  };
}
