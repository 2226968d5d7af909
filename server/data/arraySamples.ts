import { basename } from 'node:path';
import type { Dimension } from '../core/graph/graph.ts';
import { elementCount } from '../core/graph/tensor.ts';
import { countText, nounText } from '../core/reports/words.ts';
import type { EngineTensor } from '../engines/engine.ts';
import { castValues } from './castValues.ts';
import { unlikeLabels } from './labels.ts';
import type { NpyArray } from './npy.ts';
import { BadData, BadSample, indicesOf, type SampleInput, type SampleSet } from './samples.ts';
import { joinValues } from './joinValues.ts';

/** An input and the array that has its samples along the first axis. */
export interface BoundArray {
  readonly input: SampleInput;
  readonly array: NpyArray;
  /** The array's name, for faults. */
  readonly name: string;
}

/** Samples from arrays, one for each input. Throws `BadData` where they do not fit the inputs. */
export function arraySamples(
  path: string,
  bound: readonly BoundArray[],
  labels: Int32Array | undefined,
  dispose: () => Promise<void>,
): SampleSet {
  const placed = bound.map((each) => ({ ...each, ...placeOf(each) }));
  const count = placed[0]?.array.dims[0] ?? 0;
  for (const { name, array } of placed) {
    if (array.dims[0] === count) continue;
    const text = `"${placed[0]?.name ?? ''}" has ${nounText(count, 'sample')} and "${name}" has ${countText(array.dims[0] ?? 0)}.`;
    throw new BadData('wrong-shape', text, name);
  }
  if (count === 0)
    throw new BadData('no-data', `${basename(path)} has no samples.`, basename(path));
  if (labels && labels.length !== count) throw unlikeLabels(labels.length, count);
  const fixedBatch = placed.find((each) => each.fixedBatch !== undefined)?.fixedBatch;
  if (fixedBatch !== undefined && count % fixedBatch !== 0) {
    const text = `The model takes ${fixedBatch} samples at a time, and ${basename(path)} has ${count}.`;
    throw new BadData('wrong-shape', text, undefined, `Give a multiple of ${fixedBatch} samples.`);
  }
  return {
    count,
    source: basename(path),
    fixedBatch,
    ...(labels ? { labels } : {}),
    async feeds(index, batch = fixedBatch ?? 1) {
      const indices = indicesOf(index, batch, count);
      const feeds = new Map<string, EngineTensor>();
      for (const { input, array, name, hasBatchAxis } of placed) {
        const sample = array.dims.slice(1);
        const size = elementCount(sample);
        const rows: EngineTensor['values'][] = [];
        for (const [from, until] of runsOf(indices)) {
          const read = await array.read(from * size, until * size);
          const bad = firstNaN(read);
          if (bad !== undefined) throw holdsNaN(name, from + Math.floor(bad / size));
          rows.push(castValues(read, input.type, input.name));
        }
        const dims = hasBatchAxis ? [indices.length, ...sample] : sample;
        feeds.set(input.name, { type: input.type, dims, values: joinValues(rows) });
      }
      return feeds;
    },
    dispose,
  };
}

/** Consecutive indices as runs, so that a batch of neighbours is one read. */
function runsOf(indices: readonly number[]): [from: number, until: number][] {
  const runs: [number, number][] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last?.[1] === index) last[1]++;
    else runs.push([index, index + 1]);
  }
  return runs;
}

function firstNaN(values: EngineTensor['values']): number | undefined {
  if (!(values instanceof Float32Array) && !(values instanceof Float64Array)) return undefined;
  const at = values.findIndex((value) => Number.isNaN(value));
  return at < 0 ? undefined : at;
}

const holdsNaN = (name: string, index: number): BadSample =>
  new BadSample('not-a-number', `Sample ${index} of "${name}" has NaN in it.`, `${name}[${index}]`);

/** How the samples of an array go into an input: along its batch axis, or each as all of it. */
function placeOf({ input, array, name }: BoundArray): {
  hasBatchAxis: boolean;
  fixedBatch: number | undefined;
} {
  const { dims } = array;
  const { shape } = input;
  if (dims.length === 0) {
    const text = `The array "${name}" is a single number; its first axis must be the samples.`;
    throw new BadData('wrong-shape', text, name);
  }
  if (!shape) return { hasBatchAxis: true, fixedBatch: undefined };
  const sample = dims.slice(1);
  if (fits(sample, shape.slice(1)) && shape.length > 0) {
    const [batch] = shape;
    return {
      hasBatchAxis: true,
      fixedBatch: typeof batch === 'number' && batch > 0 ? batch : undefined,
    };
  }
  if (fits(sample, shape)) return { hasBatchAxis: false, fixedBatch: 1 };
  const text =
    `The array "${name}" has samples of [${sample.join(', ')}], ` +
    `and the input "${input.name}" takes [${shape.map((size) => size ?? '?').join(', ')}].`;
  throw new BadData('wrong-shape', text, name, remedyFor(dims, shape));
}

const fits = (dims: readonly number[], shape: readonly Dimension[]): boolean =>
  dims.length === shape.length &&
  shape.every((size, axis) => typeof size !== 'number' || size <= 0 || size === dims[axis]);

function remedyFor(dims: readonly number[], shape: readonly Dimension[]): string {
  if (fits(dims, shape.slice(1))) {
    return 'This looks like one sample: add an axis for the samples in front (x[None]).';
  }
  const [count = 0, ...sample] = dims;
  if (sample.length === 3) {
    const [a = 0, b = 0, c = 0] = sample;
    if (fits([c, a, b], shape.slice(1))) {
      return 'This looks like channels last: save x.transpose(0, 3, 1, 2).';
    }
    if (fits([b, c, a], shape.slice(1))) {
      return 'This looks like channels first: save x.transpose(0, 2, 3, 1).';
    }
  }
  const own = shape.slice(1);
  const wanted = `[${[count, ...own.map((size) => size ?? '?')].join(', ')}]`;
  // Sizes that the model leaves open can be anything; the others cannot be made of other values.
  const known = own.filter((size) => typeof size === 'number' && size > 0) as number[];
  const values = elementCount(sample);
  const taken = elementCount(known);
  const canBe = known.length === own.length ? values === taken : values % taken === 0;
  if (canBe) return `The first axis is the samples: save the array as ${wanted}.`;
  return `A sample has ${nounText(values, 'value')}, and the input takes ${known.length === own.length ? '' : 'a multiple of '}${countText(taken)}: make the samples anew as ${wanted}, or choose those of this model.`;
}
