import assert from 'node:assert/strict';
import { builtInPlacement } from '../../../../server/core/quant/placements/builtIn.ts';
import { planQuantizers } from '../../../../server/core/quant/planQuantizers.ts';
import { defaultTarget } from '../../../../server/core/quant/targets.ts';
import { graphOf, intTensor, node, tensor, valueInfo, type NodeSpec } from '../../../kit/graphs.ts';
import { find, namesOf, reason, residual } from '../../../kit/plans.ts';

describe('planQuantizers', () => {
  it('rounds inputs, what layers and joined activations give, and every parameter, in order', () => {
    const plan = planQuantizers(residual(), defaultTarget);
    assert.deepEqual(
      plan.quantizers.map(({ kind, tensor: name, owner }) => [kind, name, owner]),
      [
        ['activation', 'x', 'x'],
        ['weight', 'w1', 'conv1'],
        ['bias', 'b1', 'conv1'],
        ['activation', 'relu1', 'conv1'],
        ['weight', 'w2', 'conv2'],
        ['bias', 'b2', 'conv2'],
        ['activation', 'conv2', 'conv2'],
        ['activation', 'relu2', 'relu2'],
        ['weight', 'w3', 'y'],
        ['bias', 'b3', 'y'],
        ['activation', 'y', 'y'],
      ],
    );
  });

  it('says of every other float value why not', () => {
    const plan = planQuantizers(residual(), defaultTarget);
    assert.equal(reason(plan, 'conv1'), '"conv1" and "relu1" are computed as one (supergroup).');
    assert.equal(reason(plan, 'sum'), '"sum" and "relu2" are computed as one (supergroup).');
    assert.match(reason(plan, 'flat'), /only moves values/);
    assert.equal(plan.quantizers.length + plan.unquantized.length, 7 + 6 + 1);
  });

  it('has the grids of the target where no configuration says otherwise', () => {
    const plan = planQuantizers(residual(), {
      ...defaultTarget,
      weightBits: 4,
      activationBits: 16,
      granularity: 'tensor',
      symmetry: 'strict',
      activationSymmetry: 'unsigned',
      isPowerOfTwo: true,
      weightRange: 'mse',
      activationRange: 'entropy',
    });
    const [weight, value] = [find(plan, 'w1'), find(plan, 'relu1')];
    assert.deepEqual(weight.format, { bits: 4, symmetry: 'strict', isPowerOfTwo: true });
    assert.deepEqual([weight.axis, weight.range], [undefined, 'mse']);
    assert.deepEqual(value.format, { bits: 16, symmetry: 'unsigned', isPowerOfTwo: true });
    assert.deepEqual([value.axis, value.range], [undefined, 'entropy']);
  });

  it('takes the scale of a 32-bit bias from what goes in and the weight', () => {
    const plan = planQuantizers(residual(), defaultTarget);
    assert.deepEqual(find(plan, 'b3').bias, { input: 'relu2', weight: 'w3' });
    assert.equal(find(plan, 'b3').axis, 0);
    assert.equal(find(plan, 'b3').format.bits, 32);
    const narrow = find(planQuantizers(residual(), { ...defaultTarget, biasBits: 8 }), 'b3');
    assert.deepEqual([narrow.bias, narrow.axis, narrow.format.bits], [undefined, undefined, 8]);
    const none = planQuantizers(residual(), { ...defaultTarget, biasBits: 'float' });
    assert.deepEqual(namesOf(none, 'bias'), []);
  });

  it('rounds weights only where activations are float', () => {
    const plan = planQuantizers(residual(), { ...defaultTarget, activationBits: 'float' });
    assert.deepEqual(namesOf(plan, 'activation'), []);
    assert.deepEqual(namesOf(plan, 'weight'), ['w1', 'w2', 'w3']);
    assert.deepEqual(namesOf(plan, 'bias'), []);
    assert.match(reason(plan, 'relu1'), /activations in float/);
  });

  describe('per channel', () => {
    const cases: readonly (readonly [string, NodeSpec, readonly number[], number | undefined])[] = [
      ['Conv', node('Conv', ['x', 'w'], ['y']), [8, 4, 3, 3], 0],
      ['depthwise', node('Conv', ['x', 'w'], ['y'], { group: 4 }), [4, 1, 3, 3], 0],
      ['ConvTranspose', node('ConvTranspose', ['x', 'w'], ['y']), [4, 8, 3, 3], 1],
      [
        'depthwise ConvTranspose',
        node('ConvTranspose', ['x', 'w'], ['y'], { group: 4 }),
        [4, 1, 3, 3],
        0,
      ],
      [
        'ConvTranspose of two groups with one output each',
        node('ConvTranspose', ['x', 'w'], ['y'], { group: 2 }),
        [4, 1, 3, 3],
        1,
      ],
      ['Gemm', node('Gemm', ['x', 'w'], ['y']), [4, 8], 1],
      ['Gemm, transB', node('Gemm', ['x', 'w'], ['y'], { transB: 1 }), [8, 4], 0],
      ['MatMul', node('MatMul', ['x', 'w'], ['y']), [4, 8], 1],
      ['MatMul of a stack', node('MatMul', ['x', 'w'], ['y']), [2, 4, 8], 2],
      ['MatMul, constant first', node('MatMul', ['w', 'x'], ['y']), [8, 4], undefined],
      ['PRelu', node('PRelu', ['x', 'w'], ['y']), [4, 1, 1], 0],
      ['Gather', node('Gather', ['w', 'x'], ['y']), [100, 4], undefined],
      ['LSTM', node('LSTM', ['x', 'w', 'w'], ['y']), [1, 16, 4], undefined],
    ];
    for (const [title, spec, dims, axis] of cases) {
      it(title, () => {
        const graph = graphOf({
          inputs: { x: [1, 4, 4, 4] },
          outputs: ['y'],
          nodes: [spec],
          tensors: [tensor('w', dims, 1)],
        });
        assert.equal(find(planQuantizers(graph, defaultTarget), 'w').axis, axis);
      });
    }

    it('finds the axis of a weight that the graph transposes', () => {
      const graph = graphOf({
        inputs: { x: [1, 4] },
        outputs: ['y'],
        nodes: [
          node('Transpose', ['w'], ['wt'], { perm: [1, 0] }),
          node('MatMul', ['x', 'wt'], ['y']),
        ],
        tensors: [tensor('w', [8, 4], 1)],
      });
      const found = find(planQuantizers(graph, defaultTarget), 'w');
      assert.deepEqual([found.axis, found.owner], [0, 'y']);
    });
  });

  it('has one quantizer for a weight that layers share', () => {
    const graph = graphOf({
      inputs: { x: [1, 4, 4, 4] },
      outputs: ['y'],
      nodes: [node('Conv', ['x', 'w'], ['a']), node('Conv', ['a', 'w'], ['y'])],
      tensors: [tensor('w', [4, 4, 1, 1], 1)],
    });
    assert.deepEqual(namesOf(planQuantizers(graph, defaultTarget), 'weight'), ['w']);
  });

  it('joins a MatMul with its bias and activation', () => {
    const graph = graphOf({
      inputs: { x: [1, 4] },
      outputs: ['y'],
      nodes: [
        node('MatMul', ['x', 'w'], ['m']),
        node('Add', ['m', 'b'], ['a']),
        node('Relu', ['a'], ['y']),
      ],
      tensors: [tensor('w', [4, 8], 1), tensor('b', [8], 1)],
    });
    const plan = planQuantizers(graph, defaultTarget);
    assert.deepEqual(namesOf(plan, 'activation'), ['x', 'y']);
    assert.deepEqual(find(plan, 'b').bias, { input: 'x', weight: 'w' });
    assert.deepEqual([find(plan, 'b').kind, find(plan, 'b').axis], ['bias', 0]);
    assert.equal(find(plan, 'y').owner, 'm');
    const runtime = planQuantizers(graph, { ...defaultTarget, placement: 'onnxruntime' });
    assert.deepEqual(namesOf(runtime, 'activation'), ['x', 'm', 'y']);
  });

  it('joins a ReLU6 that became a Relu and a bound for each channel', () => {
    const graph = graphOf({
      inputs: { x: [1, 4, 4, 4] },
      outputs: ['y'],
      nodes: [
        node('Conv', ['x', 'w'], ['c']),
        node('Relu', ['c'], ['r']),
        node('Min', ['r', 'cap'], ['m']),
        node('Conv', ['m', 'w'], ['y']),
      ],
      tensors: [tensor('w', [4, 4, 1, 1], 1), tensor('cap', [1, 4, 1, 1], [6, 5, 4, 3])],
    });
    const plan = planQuantizers(graph, defaultTarget);
    assert.deepEqual(namesOf(plan, 'activation'), ['x', 'm', 'y']);
    assert.match(reason(plan, 'cap'), /bounds an activation/);
  });

  it('joins no activation where the value before it is used twice or given out', () => {
    for (const outputs of [['y', 'c'], ['y']]) {
      const nodes = [node('Conv', ['x', 'w'], ['c']), node('Relu', ['c'], ['y'])];
      if (outputs.length === 1) {
        nodes[1] = node('Relu', ['c'], ['r']);
        nodes.push(node('Add', ['r', 'c'], ['y']));
      }
      const graph = graphOf({
        inputs: { x: [1, 4, 4, 4] },
        outputs,
        nodes,
        tensors: [tensor('w', [4, 4, 1, 1], 1)],
      });
      assert.ok(find(planQuantizers(graph, defaultTarget), 'c'));
    }
  });

  it('gives the output of a pool a grid of its own, but for TensorFlow Lite and files', () => {
    const graph = graphOf({
      inputs: { x: [1, 4, 4, 4] },
      outputs: ['y'],
      nodes: [
        node('AveragePool', ['x'], ['p'], { kernel_shape: [2, 2] }),
        node('GlobalAveragePool', ['p'], ['y']),
      ],
    });
    const tied = (placement: string, options = {}): (string | undefined)[] =>
      planQuantizers(graph, { ...defaultTarget, placement }, options).quantizers.map(
        ({ tiedTo }) => tiedTo,
      );
    const own = [undefined, undefined, undefined];
    assert.deepEqual(tied('default'), own);
    assert.deepEqual(tied('onnxruntime'), own);
    assert.deepEqual(tied('tflite'), [undefined, 'x', undefined]);
    const configuration = builtInPlacement('default');
    assert.deepEqual(tied('default', { configuration }), [undefined, 'x', undefined]);
  });

  it('gives the inputs of a Concat the grid of its output', () => {
    const graph = graphOf({
      inputs: { x: [1, 4, 4, 4] },
      outputs: ['y'],
      nodes: [
        node('AveragePool', ['x'], ['p'], { kernel_shape: [1, 1] }),
        node('Sigmoid', ['x'], ['s']),
        node('Transpose', ['s'], ['t']),
        node('Concat', ['p', 't'], ['y'], { axis: 1 }),
      ],
    });
    const plan = planQuantizers(graph, defaultTarget);
    const ties = plan.quantizers.map(({ tensor: name, tiedTo }) => [name, tiedTo]);
    // p goes into the Concat, which counts more than where it came from
    assert.deepEqual(ties, [
      ['x', undefined],
      ['p', 'y'],
      ['s', 'y'],
      ['y', undefined],
    ]);
  });

  it('rounds constants of arithmetic as activations, and leaves settings alone', () => {
    const graph = graphOf({
      inputs: { x: [1, 4] },
      outputs: ['y'],
      nodes: [
        node('Mul', ['x', 'k'], ['m']),
        node('Clip', ['m', 'lo', 'hi'], ['c']),
        node('Reshape', ['c', 'shape'], ['y']),
      ],
      tensors: [
        tensor('k', [4], 2),
        tensor('lo', [], 0),
        tensor('hi', [], 6),
        intTensor('shape', [2, 2]),
      ],
    });
    const plan = planQuantizers(graph, { ...defaultTarget, activationBits: 16 });
    assert.deepEqual(find(plan, 'k').format.bits, 16);
    assert.equal(find(plan, 'k').format.symmetry, 'asymmetric');
    assert.equal(reason(plan, 'lo'), 'Clip reads it as a setting.');
    assert.equal(reason(plan, 'shape'), '');
  });

  it('never rounds integers, whether the file, a run or the operator tells', () => {
    const graph = graphOf({
      inputs: { x: [1, 4], i: valueInfo('i', [1], 'int64') },
      outputs: ['y'],
      nodes: [
        node('Gather', ['x', 'i'], ['g']),
        node('ArgMax', ['g'], ['a']),
        node('Unsqueeze', ['a', 'axes'], ['u']),
        node('Mystery', ['u'], ['z']),
        node('Cast', ['z'], ['y'], { to: 1 }),
      ],
      tensors: [intTensor('axes', [0])],
    });
    const types = new Map([['z', 'int32' as const]]);
    const plan = planQuantizers(graph, defaultTarget, { types });
    assert.deepEqual(namesOf(plan, 'activation'), ['x', 'y']);
  });
});
