import { basename } from 'node:path';
import type { Dimension } from '../core/graph/graph.ts';
import { elementCount } from '../core/graph/tensor.ts';
import type { EngineTensor } from '../engines/engine.ts';
import { castValues } from './castValues.ts';
import type { NpyArray } from './npy.ts';
import { BadData, type SampleInput, type SampleSet } from './samples.ts';

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
    const text = `"${placed[0]?.name ?? ''}" has ${count} samples and "${name}" has ${array.dims[0] ?? 0}.`;
    throw new BadData('wrong-shape', text, name);
  }
  if (count === 0)
    throw new BadData('no-data', `${basename(path)} has no samples.`, basename(path));
  if (labels && labels.length !== count) {
    const text = `There are ${labels.length} labels and ${count} samples.`;
    throw new BadData('wrong-labels', text, 'labels', 'Give one integer for each sample.');
  }
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
      const taken = Math.min(batch, count - index);
      const feeds = new Map<string, EngineTensor>();
      for (const { input, array, hasBatchAxis } of placed) {
        const sample = array.dims.slice(1);
        const size = elementCount(sample);
        const read = await array.read(index * size, (index + taken) * size);
        const values = castValues(read, input.type, input.name);
        const dims = hasBatchAxis ? [taken, ...sample] : sample;
        feeds.set(input.name, { type: input.type, dims, values });
      }
      return feeds;
    },
    dispose,
  };
}

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
  const wanted = [count, ...shape.slice(1).map((size) => size ?? '?')].join(', ');
  return `The first axis is the samples: save the array as [${wanted}].`;
}
