import { basename, join } from 'node:path';
import type { Tensor } from '../core/graph/tensor.ts';
import { readFloats } from '../core/graph/tensorValues.ts';
import type { EngineTensor, Feeds } from '../engines/engine.ts';
import { BadFile } from '../formats/badFile.ts';
import { FileSource } from '../formats/fileSource.ts';
import { ExternalFiles } from '../formats/onnx/externalData.ts';
import { readTensor } from '../formats/onnx/readTensor.ts';
import { WireReader } from '../formats/onnx/wireReader.ts';
import { castValues } from './castValues.ts';
import { listFolder } from './imageFolder.ts';
import { unlikeLabels } from './labels.ts';
import { valuesOf } from './npy.ts';
import { BadData, BadSample, type SampleInput, type SampleSet } from './samples.ts';

/** Files of one sample, in the order of the inputs. */
interface ProtoSample {
  readonly name: string;
  readonly files: readonly string[];
}

/** Whether a folder holds ONNX test data: `input_0.pb`, or folders such as `test_data_set_0`. */
export const isProtoFolder = (files: readonly string[], folders: readonly string[]): boolean =>
  files.some((file) => inputFile.test(file)) || folders.some((name) => dataSet.test(name));

const inputFile = /^input_\d+\.pb$/i;
const dataSet = /^test_data_set_/i;

/**
 * Samples of ONNX test data: each folder with `input_0.pb`, `input_1.pb`, ... (TensorProto) is one,
 * its tensors taken as they are, batch axis and all. Tensors go to the inputs of their names, else
 * in their order.
 */
export async function openProtoSamples(
  path: string,
  inputs: readonly SampleInput[],
  labels: Int32Array | undefined,
): Promise<SampleSet> {
  const name = basename(path);
  const samples = await findSamples(path);
  for (const sample of samples) {
    if (sample.files.length === inputs.length) continue;
    const names = inputs.map((input) => `"${input.name}"`).join(', ');
    const text = `${sample.name} has ${sample.files.length} inputs, and the model has ${inputs.length} (${names}).`;
    throw new BadData('wrong-inputs', text, sample.name, 'Give an input_N.pb for each.');
  }
  if (labels && labels.length !== samples.length) {
    throw unlikeLabels(labels.length, samples.length);
  }
  const feedsOf = (index: number): Feeds => {
    const sample = samples[index];
    const read = (sample?.files ?? []).map((file) => ({ tensor: readProto(file), file }));
    const feeds = new Map<string, EngineTensor>();
    for (const [at, input] of inputs.entries()) {
      const named = read.find(({ tensor }) => tensor.name === input.name);
      const { tensor, file } = named ?? read[at] ?? {};
      if (!tensor || file === undefined) throw new Error(`no tensor for ${input.name}`);
      feeds.set(input.name, feedOf(tensor, input, `${sample?.name ?? ''}/${basename(file)}`));
    }
    return feeds;
  };
  // What does not fit at all is said now, not sample by sample.
  feedsOf(0);
  return {
    count: samples.length,
    source: name,
    fixedBatch: 1,
    ...(labels ? { labels } : {}),
    nameOf: (index) => samples[index]?.name ?? `#${index}`,
    async feeds(index) {
      await Promise.resolve();
      return feedsOf(typeof index === 'number' ? index : (index[0] ?? 0));
    },
    dispose: () => Promise.resolve(),
  };
}

/** How many samples of ONNX test data a folder holds. Throws `BadData` where one is not whole. */
export const countProtoSamples = async (path: string): Promise<number> =>
  (await findSamples(path)).length;

async function findSamples(path: string): Promise<ProtoSample[]> {
  if (/\.pb$/i.test(path)) return [{ name: basename(path), files: [path] }];
  const { files, folders } = await listFolder(path);
  const own = inOrder(files.filter((file) => inputFile.test(file)));
  if (own.length > 0) {
    return [{ name: basename(path), files: own.map((file) => join(path, file)) }];
  }
  const samples: ProtoSample[] = [];
  for (const folder of inOrder(folders.filter((each) => dataSet.test(each)))) {
    const inside = (await listFolder(join(path, folder))).files;
    const found = inOrder(inside.filter((file) => inputFile.test(file)));
    if (found.length === 0) {
      throw new BadData('no-data', `${folder} has no input_0.pb.`, folder);
    }
    samples.push({ name: folder, files: found.map((file) => join(path, folder, file)) });
  }
  return samples;
}

/** By the number in the name: `input_10` comes after `input_2`. */
const inOrder = (names: readonly string[]): string[] =>
  [...names].sort((a, b) => Number(/\d+/.exec(a)?.[0] ?? 0) - Number(/\d+/.exec(b)?.[0] ?? 0));

/** A tensor of a file, its elements in memory. */
function readProto(file: string): Tensor {
  const source = new FileSource(file);
  try {
    const reader = new WireReader(source, 0, source.sizeBytes, basename(file));
    return held(readTensor(reader, new ExternalFiles(file)));
  } catch (thrown) {
    if (!(thrown instanceof BadFile)) throw thrown;
    const text = `${basename(file)} is no ONNX tensor: ${thrown.fault.message}`;
    throw new BadSample('bad-tensor', text, basename(file));
  } finally {
    source.close();
  }
}

function held(tensor: Tensor): Tensor {
  const bytes = Uint8Array.from(tensor.data.read());
  const data = {
    sizeBytes: bytes.length,
    read: (start = 0, end = bytes.length) => bytes.subarray(start, end),
  };
  return { ...tensor, data };
}

function feedOf(tensor: Tensor, input: SampleInput, file: string): EngineTensor {
  const { dims, type } = tensor;
  const { shape } = input;
  const fits =
    !shape ||
    (shape.length === dims.length &&
      shape.every((size, axis) => typeof size !== 'number' || size <= 0 || size === dims[axis]));
  if (!fits) {
    const text = `${file} has the shape [${dims.join(', ')}], and the input "${input.name}" takes [${shape.map((size) => size ?? '?').join(', ')}].`;
    throw new BadData('wrong-shape', text, file);
  }
  if (type === 'string' || type === 'other') {
    throw new BadData('wrong-type', `${file} is ${type}, which cannot be fed.`, file);
  }
  const isHalf = type === 'float16' || type === 'bfloat16';
  const values = isHalf ? readFloats(tensor) : valuesOf(Uint8Array.from(tensor.data.read()), type);
  if (values instanceof Float32Array && values.some((value) => Number.isNaN(value))) {
    throw new BadSample('not-a-number', `${file} has NaN in it.`, file);
  }
  return { type: input.type, dims, values: castValues(values, input.type, input.name) };
}
