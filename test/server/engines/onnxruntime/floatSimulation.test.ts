import assert from 'node:assert/strict';
import type { ChildEngine } from '../../../../server/engines/childEngine.ts';
import type { EngineModel, Feeds } from '../../../../server/engines/engine.ts';
import { createOnnxRuntimeEngine } from '../../../../server/engines/onnxruntime/onnxRuntime.ts';
import type { TaskNetwork, ValueAt } from '../../../../server/engines/sampleTask.ts';
import { engineChild } from '../../../kit/documents.ts';
import * as onnx from '../../../kit/onnxBuilder.ts';
import { Random } from '../../../kit/random.ts';

const modelOf = (...fields: onnx.Field[]): EngineModel => ({
  bytes: onnx.model(onnx.graph(...fields)),
  folder: '',
});
const scalar = (name: string, value: number): onnx.Field =>
  onnx.initializer(onnx.floats(name, [], [value]));
const int8s = (name: string, dims: number[], values: readonly number[]): onnx.Field =>
  onnx.initializer(onnx.tensor(name, dims, onnx.INT8, onnx.raw(Int8Array.from(values))));
const zero = (name: string): onnx.Field =>
  onnx.initializer(onnx.tensor(name, [], onnx.UINT8, onnx.raw(Uint8Array.of(0))));
const op = (name: string, inputs: string[], output: string): onnx.Field =>
  onnx.node({ op: name, inputs, outputs: [output], name: `${name}_${output}` });

/** uint8, zero point 0: the pair of operators, and the same in float arithmetic. */
const pair = (from: string, to: string, scale: string): onnx.Field[] => [
  op('QuantizeLinear', [from, scale, 'zero'], `${to}_q`),
  op('DequantizeLinear', [`${to}_q`, scale, 'zero'], to),
];
const arithmetic = (from: string, to: string, scale: string): onnx.Field[] => [
  op('Div', [from, scale], `${to}_1`),
  op('Round', [`${to}_1`], `${to}_2`),
  op('Clip', [`${to}_2`, 'low', 'high'], `${to}_3`),
  op('Mul', [`${to}_3`, scale], to),
];

const channels = 16;
const inputScale = 0.0123;
const middleScale = 0.0371;
const weightScale = 0.0077;
const random = new Random(5);
const weights = ['w', 'v'].map((name) => ({
  name,
  values: random.ints(channels * channels * 9, -127, 127),
}));

/** x, rounded a, h = Conv, r = Relu, rounded b, y = Conv, rounded z: 16 channels, so blocked. */
function network(round: typeof pair, weightFields: readonly onnx.Field[]): EngineModel {
  const dims = [1, channels, 12, 12];
  return modelOf(
    ...round('x', 'a', 'sa'),
    op('Conv', ['a', 'w'], 'h'),
    op('Relu', ['h'], 'r'),
    ...round('r', 'b', 'sb'),
    op('Conv', ['b', 'v'], 'y'),
    ...round('y', 'z', 'sb'),
    scalar('sa', inputScale),
    scalar('sb', middleScale),
    scalar('sw', weightScale),
    zero('zero'),
    scalar('low', 0),
    scalar('high', 255),
    ...weightFields,
    onnx.input('x', dims),
    onnx.output('z', [1, channels, 8, 8]),
    ...['a', 'b', 'h', 'r', 'y'].map((name) => onnx.output(name)),
  );
}

const dims = [channels, channels, 3, 3];
const quantized = network(
  pair,
  weights.flatMap(({ name, values }) => [
    int8s(`${name}_q`, dims, values),
    op('DequantizeLinear', [`${name}_q`, 'sw'], name),
  ]),
);
const simulated = network(
  arithmetic,
  weights.map(({ name, values }) => {
    const scale = Math.fround(weightScale);
    return onnx.initializer(
      onnx.floats(
        name,
        dims,
        values.map((value) => Math.fround(value * scale)),
      ),
    );
  }),
);

/** Half the channels of a sum that fits 32 bits, and is above 2^24 in each of 64 lanes too. */
const half = 131_000;

/**
 * A sum that is exactly 1 in integers: many times 127*127, then 1, then as many times -127*127.
 * In single precision the 1 is lost above 2^24.
 */
function cancelling(): EngineModel {
  const count = 2 * half + 1;
  const values = Array.from({ length: count }, (_, i) => Math.sign(half - i) * 127 || 1);
  return modelOf(
    ...pair('x', 'a', 'one'),
    op('Conv', ['a', 'w'], 'h'),
    ...pair('h', 'y', 'one'),
    scalar('one', 1),
    zero('zero'),
    int8s('w_q', [1, count, 1, 1], values),
    op('DequantizeLinear', ['w_q', 'one'], 'w'),
    onnx.input('x', [1, count, 1, 1]),
    onnx.output('y', [1, 1, 1, 1]),
  );
}
const cancellingFeed: Feeds = new Map([
  [
    'x',
    {
      type: 'float32',
      dims: [1, 2 * half + 1, 1, 1],
      values: new Float32Array(2 * half + 1).fill(127).fill(1, half, half + 1),
    },
  ],
]);

const at = (value: string, network = 0): ValueAt => ({ network, value });

describe('simulation in float', () => {
  let engine: ChildEngine;
  before(() => (engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 })));
  after(() => engine.dispose());

  it('computes Q/DQ pairs bit for bit as float arithmetic does', async () => {
    const names = ['a', 'h', 'r', 'b', 'y', 'z'];
    const values = random.uniform(channels * 144, 0, 3);
    // each value by itself: what is asked for decides what may be fused
    for (const name of names) {
      const task = await engine.beginTask({
        networks: [{ model: quantized }, { model: simulated }],
        reductions: [{ kind: 'difference', reference: at(name, 1), actual: at(name) }],
      });
      await task.add(0, new Map([['x', { type: 'float32', dims: [1, channels, 12, 12], values }]]));
      const [result] = await task.results();
      await task.close();
      assert.ok(result?.kind === 'difference');
      const { maxAbsError, count, sumSquaredReference } = result.difference;
      assert.equal(maxAbsError, 0, name);
      assert.ok(count > 0 && sumSquaredReference > 0, name);
    }
  });

  const lastOf = async (network: TaskNetwork): Promise<number> => {
    const task = await engine.beginTask({
      networks: [network],
      reductions: [{ kind: 'statistics', of: at('y') }],
    });
    await task.add(0, cancellingFeed);
    const [result] = await task.results();
    await task.close();
    assert.ok(result?.kind === 'statistics' && result.statistics.count === 1);
    return result.statistics.max;
  };

  it('uses integer kernels only where they are asked for', async () => {
    assert.equal(await lastOf({ model: cancelling(), useIntegerKernels: true }), 1);
    assert.notEqual(await lastOf({ model: cancelling() }), 1);
  });
});
