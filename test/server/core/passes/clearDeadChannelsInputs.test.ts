import assert from 'node:assert/strict';
import { noJob } from '../../../../server/core/job.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import {
  clearDeadChannels,
  type ClearApplied,
  type ClearOptions,
} from '../../../../server/core/passes/clearDeadChannels.ts';
import type { PassResult } from '../../../../server/core/passes/pass.ts';
import type { Tensor } from '../../../../server/core/graph/tensor.ts';
import { graphOf, node, tensor, type NodeSpec } from '../../../kit/graphs.ts';
import { checkExact } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';

const clear = (
  graph: Graph,
  options: Partial<ClearOptions> = {},
): Promise<PassResult<ClearApplied>> =>
  clearDeadChannels.run(graph, { ...clearDeadChannels.defaults, ...options }, noJob);

describe('clearDeadChannels, for inputs of any size', () => {
  it('small weights that large inputs bring to life stay, like those that read pressures', async () => {
    // Dead for inputs below 66,000, and 1 % of the other channel's weight.
    const graph = graphOf({
      inputs: { x: [1, 1] },
      outputs: ['y'],
      nodes: [
        node('Gemm', ['x', 'w1', 'b1'], ['a'], {}, 'a'),
        node('Relu', ['a'], ['r']),
        node('Gemm', ['r', 'w2'], ['y'], {}, 'y'),
      ],
      tensors: [
        tensor('w1', [1, 2], [1e-5, 1e-3]),
        tensor('b1', [2], [-0.66, 0]),
        tensor('w2', [2, 1], [2, 0.003]),
      ],
    });
    assert.deepEqual((await clear(graph)).edits, []);
    const limited = await clear(graph, { inputLimit: 65536 });
    assert.deepEqual(
      limited.applied.map(({ channels, constant }) => [channels, constant]),
      [[[0], [0]]],
    );
    assert.equal(limited.isExact, false, 'only for inputs within the limit');
  });

  /** A 1x1 convolution of one channel into channels with these weights and biases. */
  const fanned = (
    weights: readonly number[],
    biases: readonly number[],
    behind: readonly NodeSpec[],
    tensors: readonly Tensor[] = [],
  ): Graph =>
    graphOf({
      inputs: { x: [1, 1, 4, 4] },
      outputs: ['y'],
      nodes: [node('Conv', ['x', 'w1', 'b1'], ['a'], {}, 'first'), ...behind],
      tensors: [
        tensor('w1', [weights.length, 1, 1, 1], weights),
        tensor('b1', [biases.length], biases),
        ...tensors,
      ],
    });
  const relu = node('Relu', ['a'], ['r']);
  const reader = node('Conv', ['r', 'w2'], ['y'], {}, 'second');

  /** What was cleared: `maker channels`. */
  const clearedIn = async (graph: Graph): Promise<string[]> => {
    const result = await clear(graph);
    await checkExact(graph, result, new Random(3), { relative: 1e-6, absolute: 0 });
    return result.applied.map(({ maker, channels }) => `${maker} ${channels.join()}`);
  };

  it('small weights that a later layer makes large again stay', async () => {
    const weights = (second: number): Tensor => tensor('w2', [1, 2, 1, 1], [1, second]);
    const two = (second: number): Graph =>
      fanned([1, 1e-9], [0, 0], [relu, reader], [weights(second)]);
    assert.deepEqual(await clearedIn(two(1e9)), []);
    assert.deepEqual(await clearedIn(two(100)), [], 'above the rounding of one of 1e-7');
    assert.deepEqual(await clearedIn(two(1)), ['first 1']);
  });

  it('small weights stay where one output of the reader has nothing else', async () => {
    const weights = tensor('w2', [2, 2, 1, 1], [1, 1, 0, 1]);
    assert.deepEqual(await clearedIn(fanned([1, 1e-9], [0, 0], [relu, reader], [weights])), []);
  });

  it('small weights that reach an output of the network, or no layer, stay', async () => {
    const turned = node('Transpose', ['a'], ['y'], { perm: [0, 2, 3, 1] });
    assert.deepEqual(await clearedIn(fanned([1, 1e-9], [0, 0], [turned])), []);
    const end = node('Relu', ['a'], ['y']);
    assert.deepEqual(await clearedIn(fanned([1, 1e-9], [0, 0], [end])), []);
    const both = [relu, node('Neg', ['r'], ['n']), node('Conv', ['r', 'w2'], ['s'], {}, 'second')];
    const graph = fanned(
      [1, 1e-9],
      [0, 0],
      [...both, node('Add', ['n', 's'], ['y'])],
      [tensor('w2', [1, 2, 1, 1], [1, 1])],
    );
    assert.deepEqual(await clearedIn(graph), []);
  });

  it('small weights stay before a batch norm that divides by next to nothing', async () => {
    const norm = node('BatchNormalization', ['a', 'g', 'b', 'm', 'v'], ['n'], { epsilon: 0 });
    const behind = [norm, node('Relu', ['n'], ['r']), reader];
    const tensors = [
      tensor('g', [2], [1, 1]),
      tensor('b', [2], [0, 0]),
      tensor('m', [2], [0, 0]),
      tensor('v', [2], [1, 1e-18]),
      tensor('w2', [1, 2, 1, 1], [1, 1]),
    ];
    assert.deepEqual(await clearedIn(fanned([1, 1e-9], [0, 0], behind, tensors)), []);
  });

  it('are asked of what comes behind a depthwise reader', async () => {
    const depthwise = (factor: number, last: number): Graph =>
      fanned(
        [1, 1e-12],
        [0, 0],
        [
          relu,
          node('Conv', ['r', 'wd'], ['d'], { group: 2 }, 'depthwise'),
          node('Relu', ['d'], ['e']),
          node('Conv', ['e', 'w2'], ['y'], {}, 'second'),
        ],
        [tensor('wd', [2, 1, 1, 1], [1, factor]), tensor('w2', [2, 2, 1, 1], [1, last, 1, last])],
      );
    assert.deepEqual(await clearedIn(depthwise(76, 1)), ['first 1', 'depthwise 1']);
    assert.deepEqual(await clearedIn(depthwise(76, 1e4)), []);
    assert.deepEqual(await clearedIn(depthwise(1e9, 1)), []);
  });

  it('behind an upper bound the others stop growing: only what cannot move the bias is small', async () => {
    const bounded = (tiny: number, bias: number): Graph =>
      fanned(
        [1, tiny],
        [0, bias],
        [node('Clip', ['a', 'zero', 'six'], ['r']), reader],
        [tensor('zero', [], [0]), tensor('six', [], [6]), tensor('w2', [1, 2, 1, 1], [1, 1])],
      );
    assert.deepEqual(await clearedIn(bounded(1e-9, 0)), []);
    assert.deepEqual(await clearedIn(bounded(1e-9, -0.3)), [], 'alive at 3e8');
    assert.deepEqual(await clearedIn(bounded(1e-11, -0.3)), ['first 1']);
    assert.deepEqual(await clearedIn(bounded(1e-18, 0.15)), ['first 1']);
    assert.deepEqual(await clearedIn(bounded(1e-16, 0.15)), []);
  });
});
