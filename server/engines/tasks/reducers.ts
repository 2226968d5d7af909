import type { FloatArray } from '../../core/graph/tensor.ts';
import { StatisticsCollector } from '../../core/ranges/statisticsCollector.ts';
import { unreachable } from '../../core/result.ts';
import { EngineFault, type EngineTensor } from '../engine.ts';
import type { Reduction, ReductionResult, ValueAt } from '../sampleTask.ts';
import { ChannelMeans } from './channelMeans.ts';
import { DifferenceTotal } from './differenceTotal.ts';
import { asNumbers, axisOf } from './numbers.ts';
import { RankingList } from './rankingList.ts';
import { SinglesCollector } from './singlesCollector.ts';
import type { StatisticsKernels } from './statisticsKernels.ts';
import { WindowSums } from './windowSums.ts';
import { nounText } from '../../core/reports/words.ts';

/** Takes the values of its sources, sample by sample, and makes one thing of all of them. */
export interface Reducer {
  add(index: number, values: readonly EngineTensor[]): void;
  result(): ReductionResult;
}

/** A reducer that has seen nothing yet. */
export function createReducer(reduction: Reduction, kernels?: StatisticsKernels): Reducer {
  switch (reduction.kind) {
    case 'statistics':
      return statisticsReducer(reduction, kernels);
    case 'means': {
      const means = new ChannelMeans();
      const leftOut: number[] = [];
      return {
        add: (index, [value]) => {
          const place = value && axisOf(value.dims, reduction.channelAxis);
          if (!value || !place) return;
          if (!means.add(floatsOf(value), place.channels, place.inner)) leftOut.push(index);
        },
        result: () => ({ kind: 'means', ...means.result(), leftOut: Int32Array.from(leftOut) }),
      };
    }
    case 'windowSums': {
      const sums = new WindowSums(reduction.windows);
      const leftOut: number[] = [];
      return {
        add: (index, [value]) => {
          if (value && !sums.add(floatsOf(value), value.dims)) leftOut.push(index);
        },
        result: () => ({ kind: 'windowSums', ...sums.result(), leftOut: Int32Array.from(leftOut) }),
      };
    }
    case 'difference': {
      const total = new DifferenceTotal(reduction, kernels);
      return {
        add: (index, [reference, actual]) => {
          if (reference && actual) total.add(index, reference, actual);
        },
        result: () => ({ kind: 'difference', difference: total.result() }),
      };
    }
    case 'ranking': {
      const list = new RankingList(reduction.top);
      return {
        add: (index, [value]) => value && list.add(index, value),
        result: () => ({ kind: 'ranking', ...list.result() }),
      };
    }
    default:
      return unreachable(reduction);
  }
}

/** With the kernels where they can do it: singles, no channels, no histogram of AIMET's. */
function statisticsReducer(
  { histogram, channelAxis }: Extract<Reduction, { kind: 'statistics' }>,
  kernels: StatisticsKernels | undefined,
): Reducer {
  let fast: SinglesCollector | undefined;
  let plain: StatisticsCollector | undefined;
  const isPlain = channelAxis !== undefined || (histogram ?? 'dynamic') !== 'dynamic';
  const add = (values: FloatArray, dims: readonly number[]): void => {
    if (kernels && !isPlain && !plain && values instanceof Float32Array) {
      fast ??= new SinglesCollector(kernels, histogram && 'dynamic');
      fast.add(values);
    } else {
      if (fast) throw new Error('the element type of a value changed');
      plain ??= new StatisticsCollector({ histogram, channelAxis });
      plain.add(values, dims);
    }
  };
  return {
    add: (_, [value]) => value && add(floatsOf(value), value.dims),
    result: () => {
      const collector = fast ?? plain ?? new StatisticsCollector({ histogram, channelAxis });
      return { kind: 'statistics', statistics: collector.result() };
    },
  };
}

/** Finds, before anything is counted, what would not fit what was counted before. */
export class ReductionCheck {
  #channels: number | undefined;

  constructor(private readonly reduction: Reduction) {}

  /** Throws EngineFault where the values cannot be added; else `accept` makes it count. */
  check(values: readonly EngineTensor[]): () => void {
    const [first, second] = values;
    if (!first) throw new Error('a reduction of nothing');
    const { reduction } = this;
    if (second && first.dims.join() !== second.dims.join()) {
      const shapes = `[${first.dims.join(', ')}] and [${second.dims.join(', ')}]`;
      throw misfit(`have the shapes ${shapes}, and cannot be compared`, reduction);
    }
    const axis = channelAxisOf(reduction);
    if (axis === undefined) return () => undefined;
    const channels = axisOf(first.dims, axis)?.channels;
    if (channels === undefined) {
      throw misfit(`is [${first.dims.join(', ')}], which has no axis ${axis}`, reduction);
    }
    if (this.#channels !== undefined && this.#channels !== channels) {
      const text = `has ${nounText(channels, 'channel')} for this sample and had ${this.#channels} before`;
      throw misfit(text, reduction);
    }
    return () => (this.#channels = channels);
  }
}

function channelAxisOf(reduction: Reduction): number | undefined {
  if (reduction.kind === 'windowSums') return 1;
  return reduction.kind === 'ranking' ? undefined : reduction.channelAxis;
}

function misfit(what: string, reduction: Reduction): EngineFault {
  const names =
    reduction.kind === 'difference'
      ? [nameOf(reduction.reference), nameOf(reduction.actual)]
      : [nameOf(reduction.of)];
  const said = names.map((name) => `"${name}"`).join(' and ');
  return new EngineFault('cannot-run', `${said} ${what}.`, names.at(-1));
}

const nameOf = (at: ValueAt): string => ('kept' in at ? at.kept : at.value);

function floatsOf({ values }: EngineTensor): Float32Array | Float64Array {
  const numbers = asNumbers(values);
  if (numbers instanceof Float32Array || numbers instanceof Float64Array) return numbers;
  return Float64Array.from(numbers);
}
