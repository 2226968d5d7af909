import assert from 'node:assert/strict';
import type { Dimension } from '../../../server/core/graph/graph.ts';
import { guessPreprocessing } from '../../../server/data/guessPreprocessing.ts';
import { graphOf, node, tensor, valueInfo, type NodeSpec } from '../../kit/graphs.ts';

const conv = node('Conv', ['h', 'w'], ['y'], {});
const torch = { format: 'onnx', producer: 'pytorch 2.4.0' };
const keras = { format: 'keras', producer: 'keras 2.4.0 (tensorflow)' };
const unknown = { format: 'onnx', producer: '' };

/** A picture model that begins with `first`, which makes `h` of `x`. */
const model = (
  shape: readonly Dimension[],
  first: NodeSpec = node('Identity', ['x'], ['h']),
  constants: Readonly<Record<string, number>> = {},
) =>
  graphOf({
    inputs: { x: shape },
    outputs: ['y'],
    nodes: [first, conv],
    tensors: [
      tensor('w', [1, 1, 1, 1], 1),
      ...Object.entries(constants).map(([name, value]) => tensor(name, [1], value)),
    ],
  });

describe('guessPreprocessing', () => {
  it('takes size, layout and channels from the shape', () => {
    const of = (shape: readonly Dimension[]) =>
      guessPreprocessing(model(shape), unknown)?.preprocessing;
    const first = of([1, 3, 224, 160]);
    assert.deepEqual([first?.layout, first?.size, first?.colour], ['NCHW', [224, 160], 'RGB']);
    const last = of(['n', 96, 64, 3]);
    assert.deepEqual([last?.layout, last?.size], ['NHWC', [96, 64]]);
    assert.equal(of(['n', 28, 28, 1])?.colour, 'grey');
    const open = of(['n', 3, 'h', 'w']);
    assert.deepEqual([open?.layout, open?.size], ['NCHW', undefined]);
    assert.equal(of(['n', undefined, undefined, 3])?.layout, 'NHWC');
    assert.equal(of([3, 32, 32])?.layout, 'NCHW');
    for (const shape of [
      [1, 42],
      [1, 16, 8, 8],
      [1, 2, 3, 4, 5],
    ])
      assert.equal(of(shape), undefined);
  });

  const scaled: readonly (readonly [
    title: string,
    first: NodeSpec,
    constant: number,
    isRaw: boolean,
  ])[] = [
    ['Mul by 1/255', node('Mul', ['x', 'c'], ['h']), 1 / 255, true],
    ['Mul by 2', node('Mul', ['x', 'c'], ['h']), 2, false],
    ['Div by 255', node('Div', ['x', 'c'], ['h']), 255, true],
    ['Sub of 127.5', node('Sub', ['x', 'c'], ['h']), 127.5, true],
    ['Sub of 0.5', node('Sub', ['x', 'c'], ['h']), 0.5, false],
  ];
  for (const [title, first, constant, isRaw] of scaled) {
    it(`${isRaw ? 'sees' : 'does not see'} scaling in ${title}`, () => {
      const guess = guessPreprocessing(model([1, 3, 8, 8], first, { c: constant }), unknown);
      assert.equal(guess?.preprocessing.scale, isRaw ? 1 : 1 / 255);
      assert.equal(/scales its input itself/.test(guess?.why ?? ''), isRaw);
    });
  }

  it('goes by the producer and the names of layers', () => {
    const mean = guessPreprocessing(model([1, 3, 8, 8]), torch);
    assert.deepEqual(mean?.preprocessing.std, [0.229, 0.224, 0.225]);
    assert.match(mean?.why ?? '', /ImageNet, because the model comes from pytorch 2\.4\.0/);
    assert.equal(guessPreprocessing(model([1, 8, 8, 3]), keras)?.preprocessing.mean, 0);
    const named = model([1, 8, 8, 3], { ...node('Identity', ['x'], ['h']), name: 'Conv1_relu' });
    assert.deepEqual(guessPreprocessing(named, keras)?.preprocessing.mean, 1);
    const vgg = model([1, 8, 8, 3], { ...node('Identity', ['x'], ['h']), name: 'block1_conv1' });
    assert.equal(guessPreprocessing(vgg, keras)?.preprocessing.colour, 'BGR');
    const grey = guessPreprocessing(model([1, 1, 8, 8]), torch);
    assert.deepEqual([grey?.preprocessing.mean, grey?.preprocessing.colour], [0, 'grey']);
  });

  it('gives bytes to inputs of bytes', () => {
    const graph = { ...model([1, 3, 8, 8]), inputs: [valueInfo('x', [1, 3, 8, 8], 'uint8')] };
    assert.match(
      guessPreprocessing(graph, torch)?.why ?? '',
      /0 to 255, because the input "x" is uint8/,
    );
  });
});
