import assert from 'node:assert/strict';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Graph, ValueInfo } from '../../server/core/graph/graph.ts';
import { elementCount, MemoryData, type ElementType } from '../../server/core/graph/tensor.ts';
import { floatToHalf, readFloats } from '../../server/core/graph/tensorValues.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import type { Random } from './random.ts';

/** A value that a test feeds or gets back; integers come back as floats. */
export interface Values {
  readonly dims: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/**
 * Runs a graph in the real ONNX Runtime, in this process, without its optimizer, so that what is
 * compared is the graph itself. Answers the graph's outputs and `extraOutputs`.
 */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Values>>,
  extraOutputs: readonly string[] = [],
): Promise<Map<string, Values>> {
  const session = await InferenceSession.create(encodeGraph(graph, extraOutputs), {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const inputs = Object.fromEntries(
      graph.inputs.map((info) => [info.name, toOrt(info, feeds[info.name])]),
    );
    const outputs = await session.run(inputs);
    return new Map(Object.entries(outputs).map(([name, value]) => [name, fromOrt(value)]));
  } finally {
    await session.release();
  }
}

/** Random values N(0, 1) for each input; names and missing sizes count as `free`. */
export function randomFeeds(graph: Graph, random: Random, free = 2): Record<string, Values> {
  return Object.fromEntries(
    graph.inputs.map((info) => {
      const dims = (info.shape ?? []).map((size) => (typeof size === 'number' ? size : free));
      return [info.name, { dims, values: random.normal(elementCount(dims)) }];
    }),
  );
}

/** How far two values may be apart; every test names why. */
export interface Tolerance {
  /** Of the largest |expected|. */
  readonly relative: number;
  readonly absolute: number;
}

/** Fails when a value differs by more than absolute + relative * max |expected|. */
export function closeTo(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative, absolute }: Tolerance,
  what = 'value',
): void {
  assert.ok(expected.length > 0, `${what}: nothing to compare with`);
  assert.equal(actual.length, expected.length, `${what}: number of elements`);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i] ?? 0));
  const allowed = absolute + relative * largest;
  for (let i = 0; i < expected.length; i++) {
    const [a = NaN, e = NaN] = [actual[i], expected[i]];
    const isClose = a === e || Math.abs(a - e) <= allowed || (Number.isNaN(a) && Number.isNaN(e));
    if (!isClose) assert.fail(`${what}[${i}] is ${a}, not ${e} +- ${allowed}`);
  }
}

/** Runs both graphs on the same random inputs and fails where an output differs. */
export async function sameOutputs(
  before: Graph,
  after: Graph,
  random: Random,
  tolerance: Tolerance,
): Promise<void> {
  const feeds = randomFeeds(before, random);
  const expected = await runGraph(before, feeds);
  const actual = await runGraph(after, feeds);
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [name, value] of expected) {
    const got = actual.get(name);
    assert.deepEqual(got?.dims, value.dims, `dimensions of ${name}`);
    closeTo(got?.values ?? [], value.values, tolerance, name);
  }
}

function toOrt(info: ValueInfo, given: Values | undefined): OrtTensor {
  if (!given) throw new Error(`no values for the input ${info.name}`);
  const { dims, values } = given;
  switch (info.type) {
    case 'float32':
      return new OrtTensor('float32', Float32Array.from(values), dims);
    case 'float64':
      return new OrtTensor('float64', Float64Array.from(values), dims);
    case 'float16':
      return new OrtTensor('float16', Uint16Array.from(values, floatToHalf), dims);
    case 'int64':
      return new OrtTensor('int64', BigInt64Array.from(values, BigInt), dims);
    case 'int32':
      return new OrtTensor('int32', Int32Array.from(values), dims);
    case 'uint8':
      return new OrtTensor('uint8', Uint8Array.from(values), dims);
    case 'bool':
      return new OrtTensor('bool', Uint8Array.from(values), dims);
    default:
      throw new Error(`the test kit cannot feed ${info.type}`);
  }
}

function fromOrt(value: OrtTensor): Values {
  const { dims, data } = value;
  if (data instanceof Float32Array || data instanceof Float64Array) return { dims, values: data };
  if (value.type === 'float16') {
    const halves = data as unknown as Uint16Array;
    const bytes = new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength);
    const type: ElementType = 'float16';
    return { dims, values: readFloats({ name: '', type, dims, data: new MemoryData(bytes) }) };
  }
  return { dims, values: Float64Array.from(data as ArrayLike<number | bigint>, Number) };
}
