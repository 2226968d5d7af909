import assert from 'node:assert/strict';
import { planQuantizers } from '../../../../server/core/quant/planQuantizers.ts';
import type { QuantsimConfiguration } from '../../../../server/core/quant/quantsimConfiguration.ts';
import { defaultTarget } from '../../../../server/core/quant/targets.ts';
import { graphOf, node } from '../../../kit/graphs.ts';
import { find, namesOf, reason, residual } from '../../../kit/plans.ts';

/** As AIMET's default_config_per_channel.json. */
const aimet: QuantsimConfiguration = {
  defaults: {
    ops: { is_output_quantized: 'True', is_symmetric: 'False' },
    params: { is_quantized: 'True', is_symmetric: 'True' },
    per_channel_quantization: 'True',
  },
  params: { bias: { is_quantized: 'False' } },
  op_type: {},
  supergroups: [{ op_list: ['Conv', 'Relu'] }, { op_list: ['Add', 'Relu'] }],
  model_input: { is_input_quantized: 'True' },
  model_output: {},
};

describe('planQuantizers with a configuration', () => {
  it('follows AIMET where the target says something else', () => {
    const target = { ...defaultTarget, granularity: 'tensor', symmetry: 'asymmetric' } as const;
    const plan = planQuantizers(residual(), target, { configuration: aimet });
    assert.deepEqual(namesOf(plan, 'activation'), ['x', 'relu1', 'conv2', 'relu2', 'y']);
    assert.deepEqual(namesOf(plan, 'bias'), []);
    assert.match(reason(plan, 'b1'), /leaves the bias of Conv in float/);
    assert.deepEqual([find(plan, 'w1').axis, find(plan, 'w3').axis], [0, 0]);
    assert.equal(find(plan, 'w1').format.symmetry, 'symmetric');
    assert.equal(find(plan, 'x').format.symmetry, 'asymmetric');
  });

  it('lets each section override the one before', () => {
    const configuration: QuantsimConfiguration = {
      ...aimet,
      params: { ...aimet.params, weight: { is_symmetric: 'False' } },
      op_type: {
        Gemm: {
          params: { weight: { is_symmetric: 'True' }, bias: { is_quantized: 'True' } },
          per_channel_quantization: 'False',
          is_symmetric: 'True',
        },
        Add: { is_output_quantized: 'False' },
      },
      supergroups: [],
    };
    const plan = planQuantizers(residual(), defaultTarget, { configuration });
    assert.equal(find(plan, 'w1').format.symmetry, 'asymmetric');
    assert.equal(find(plan, 'w3').format.symmetry, 'symmetric');
    assert.deepEqual([find(plan, 'w1').axis, find(plan, 'w3').axis], [0, undefined]);
    assert.deepEqual(namesOf(plan, 'bias'), ['b3']);
    assert.equal(find(plan, 'y').format.symmetry, 'symmetric');
    assert.match(reason(plan, 'sum'), /leaves the output of Add in float/);
    assert.ok(find(plan, 'conv1'));
  });

  it('quantizes inputs where an operator asks for it, and outputs of the model', () => {
    const configuration: QuantsimConfiguration = {
      ...aimet,
      defaults: { ops: {}, params: {} },
      op_type: { Add: { is_input_quantized: 'True' } },
      model_input: {},
      model_output: { is_output_quantized: 'True' },
    };
    const plan = planQuantizers(residual(), defaultTarget, { configuration });
    assert.deepEqual(
      plan.quantizers.map(({ tensor: name }) => name),
      ['relu1', 'conv2', 'y'],
    );
  });

  it('fixes ranges, and takes the first kernel where none has the bits', () => {
    const int = (bitwidth: number): { bitwidth: number; dtype: 'int' } => ({
      bitwidth,
      dtype: 'int',
    });
    const configuration: QuantsimConfiguration = {
      ...aimet,
      op_type: {
        Gemm: {
          encoding_constraints: { min: 0, max: 1 },
          supported_kernels: [{ activation: int(16), param: int(4) }],
        },
        Conv: {
          supported_kernels: [
            { activation: int(16), param: int(16) },
            { activation: int(8), param: int(8) },
          ],
        },
      },
    };
    const plan = planQuantizers(residual(), defaultTarget, { configuration });
    assert.deepEqual(find(plan, 'y').fixed, { min: 0, max: 1 });
    assert.deepEqual([find(plan, 'y').format.bits, find(plan, 'w3').format.bits], [16, 4]);
    assert.deepEqual([find(plan, 'conv2').format.bits, find(plan, 'w2').format.bits], [8, 8]);
  });

  it('makes symmetric grids strict or unsigned as it says', () => {
    for (const [key, symmetry] of [
      ['strict_symmetric', 'strict'],
      ['unsigned_symmetric', 'unsigned'],
    ] as const) {
      const defaults = { ...aimet.defaults, [key]: 'True' as const };
      const plan = planQuantizers(residual(), defaultTarget, {
        configuration: { ...aimet, defaults },
      });
      assert.equal(find(plan, 'w1').format.symmetry, symmetry);
      assert.equal(find(plan, 'x').format.symmetry, 'asymmetric');
    }
  });

  it('makes the second factor of a product symmetric on HTP', () => {
    const graph = graphOf({
      inputs: { a: [4, 4], b: [4, 4] },
      outputs: ['y'],
      nodes: [node('MatMul', ['a', 'b'], ['y'])],
    });
    const versions = [
      ['V69', 16, 8, 'symmetric'],
      ['V73', 16, 16, 'symmetric'],
      ['V73', 8, 8, 'asymmetric'],
    ] as const;
    for (const [hardware, activationBits, bits, symmetry] of versions) {
      const defaults = { ...aimet.defaults, hw_version: hardware };
      const plan = planQuantizers(
        graph,
        { ...defaultTarget, activationBits },
        { configuration: { ...aimet, defaults } },
      );
      assert.deepEqual(
        [find(plan, 'b').format.bits, find(plan, 'b').format.symmetry],
        [bits, symmetry],
      );
      assert.equal(find(plan, 'a').format.symmetry, 'asymmetric');
    }
  });
});
