import { elementCount, type FloatArray } from '../graph/tensor.ts';
import { ChannelTotals } from './channelTotals.ts';
import { DynamicHistogram } from './dynamicHistogram.ts';
import { FirstTensorHistogram } from './firstTensorHistogram.ts';
import type { HistogramKind, ValueStatistics } from './statistics.ts';
import { addTotals, noTotals, totalsOf } from './totals.ts';

/** What to collect besides count, range and moments. */
export interface StatisticsOptions {
  readonly histogram?: HistogramKind | undefined;
  /** Counted from the end where negative. */
  readonly channelAxis?: number | undefined;
}

/** Collects what is known of a value, tensor by tensor; memory does not grow with them. */
export class StatisticsCollector {
  readonly #totals = noTotals();
  readonly #dynamic: DynamicHistogram | undefined;
  readonly #first: FirstTensorHistogram | undefined;
  #channels: ChannelTotals | undefined;

  constructor(private readonly options: StatisticsOptions = {}) {
    const { histogram } = options;
    if (histogram === 'dynamic') this.#dynamic = new DynamicHistogram();
    else if (histogram) this.#first = new FirstTensorHistogram(histogram);
  }

  /**
   * One tensor: for the AIMET histograms one call. `dims` are needed for statistics of channels;
   * throws where the number of channels is not that of the tensors before.
   */
  add(values: FloatArray, dims: readonly number[] = [values.length]): void {
    const totals = totalsOf(values);
    this.#addChannels(values, dims, totals.notFinite === 0);
    addTotals(this.#totals, totals);
    this.#dynamic?.add(values, totals.min, totals.max, totals.notFinite === 0);
    this.#first?.add(values, totals.count, totals.min, totals.max);
  }

  result(): ValueStatistics {
    const histogram = (this.#dynamic ?? this.#first)?.result();
    const kind = this.options.histogram;
    return {
      ...this.#totals,
      ...(histogram && kind ? { histogram, histogramKind: kind } : {}),
      ...(this.#channels ? { channels: this.#channels.result() } : {}),
    };
  }

  #addChannels(values: FloatArray, dims: readonly number[], isFinite: boolean): void {
    const { channelAxis } = this.options;
    if (channelAxis === undefined) return;
    const axis = channelAxis < 0 ? channelAxis + dims.length : channelAxis;
    const channels = dims[axis];
    if (channels === undefined) {
      throw new Error(`a tensor of ${dims.length} dimensions has no axis ${channelAxis}`);
    }
    this.#channels ??= new ChannelTotals(channels);
    if (channels !== this.#channels.channels) {
      throw new Error(`${channels} channels after tensors of ${this.#channels.channels}`);
    }
    this.#channels.add(values, elementCount(dims.slice(axis + 1)), isFinite);
  }
}

/** Statistics of one array. */
export function statisticsOf(values: FloatArray, histogram?: HistogramKind): ValueStatistics {
  const collector = new StatisticsCollector({ histogram });
  collector.add(values);
  return collector.result();
}
