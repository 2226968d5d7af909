import type { Graph, NodeId } from '../graph/graph.ts';
import type { Target } from '../quant/targets.ts';
import type { LayerReport } from '../reports/weightReport.ts';
import type { FindingCode } from './findingCodes.ts';

/** How much it matters: `hurts` accuracy, is to be watched, or is fine. */
export type Mark = 'hurts' | 'watch' | 'fine';

/** What scripts go by; follows from the mark, and from whether the rule blocks. */
export type Severity = 'error' | 'warning' | 'info';

/** Steps that a remedy can be. */
export type RemedyStep = 'fold' | 'equalize' | 'absorb';

/** What could be done, with the lowest weight SQNR of the layers concerned before and after. */
export interface FindingRemedy {
  readonly label: string;
  readonly step?: RemedyStep;
  /** Another target, to be tried instead of a step. */
  readonly target?: Target;
  readonly fromDb: number;
  /** Equal to `fromDb` while it is not measured. */
  readonly toDb: number;
  readonly isMeasured: boolean;
  /** What is said instead of figures, where none could tell what the remedy brings. */
  readonly note?: string;
  /** What the figures are of, where not of the weights: `estimate`, of the outputs of layers alone. */
  readonly of?: 'estimate';
}

/** Something about a model that matters for quantization, in words. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly mark: Mark;
  readonly title: string;
  /** The cause in two sentences, with numbers. */
  readonly text: string;
  /** Ids of the layers' nodes, worst first. */
  readonly layers: readonly NodeId[];
  /** The first is the one to try first. */
  readonly remedies: readonly FindingRemedy[];
}

/** Channels that are always 0, read by a layer that has weights on them. */
export interface DeadRead {
  readonly layer: NodeId;
  /** Name of the layer that makes them. */
  readonly from: string;
  /** Input channels of `layer`. */
  readonly channels: readonly number[];
  /** Largest |w| of the layer on them, and on all its other input channels. */
  readonly deadMax: number;
  readonly liveMax: number;
  /** Output channels that have live weights worth a scale, and whose largest |w| lies on a dead one. */
  readonly heldChannels: number;
}

/** Layers measured with more bits. */
export interface MoreBits {
  readonly target: Target;
  /** Lowest SQNR at that target, by layer; a layer that is missing was not measured. */
  readonly sqnr: ReadonlyMap<NodeId, number>;
}

/** What the rules look at. What a pass has to find out comes in as data. */
export interface DiagnoseInput {
  readonly graph: Graph;
  readonly target: Target;
  /**
   * In model order, with every batch norm folded that can be, as every target rounds them; as they
   * stand in the file where that was not tried. Those that are not measured yet are left out of
   * account.
   */
  readonly reports: readonly LayerReport[];
  /** As they stand in the file; absent: `reports` are so. */
  readonly unfolded?: readonly LayerReport[];
  /** Batch norms that a fold would take, each with the layer that takes it. */
  readonly foldable: readonly { readonly batchNorm: string; readonly layer: NodeId | undefined }[];
  readonly dead: readonly DeadRead[];
  /** Cross-layer sets, each with the number of upper bounds (ReLU6) that lie in it. */
  readonly sets: readonly { readonly layers: readonly NodeId[]; readonly caps: number }[];
  /** Layers as they would be after a step: what its gain is taken from. */
  readonly after: Partial<Record<RemedyStep, ReadonlyMap<NodeId, LayerReport>>>;
  readonly moreBits: MoreBits | undefined;
}

/** One thing to look for. `find` gives nothing where there is nothing to say. */
export interface Rule {
  readonly code: FindingCode;
  /** What it finds is an error: the layers cannot be quantized at all. */
  readonly blocks?: boolean;
  find(input: DiagnoseInput): Omit<Finding, 'code' | 'severity'> | undefined;
}
