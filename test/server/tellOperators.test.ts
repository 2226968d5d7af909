import assert from 'node:assert/strict';
import { builtInPlacement } from '../../server/core/quant/placements/builtIn.ts';
import { operatorNames } from '../../server/core/quant/placements/operatorNames.ts';
import { quantsimProblems } from '../../server/targetFile.ts';

const fileWith = (types: readonly string[], groups: readonly (readonly string[])[] = []): string =>
  JSON.stringify({
    defaults: { ops: {}, params: {} },
    params: {},
    op_type: Object.fromEntries(types.map((name) => [name, {}])),
    supergroups: groups.map((names) => ({ op_list: names })),
    model_input: {},
    model_output: {},
  });

const told = (text: string, own: readonly string[] = []): [code: string, message: string][] =>
  quantsimProblems(text, new Set(own)).map(({ code, severity, message }) => [
    `${severity} ${code}`,
    message,
  ]);

const first = <T>(list: readonly T[]): T => {
  const [one] = list;
  assert.ok(one !== undefined);
  return one;
};

describe('operators in a quantsim configuration', () => {
  /** All that AIMET's own configurations name (2.42), and older ones of it for PyTorch and Keras. */
  const stock =
    'Add AveragePool BatchNormalization Cast ChannelShuffle Clip Conv ConvTranspose Cos Flatten Gather Gelu ' +
    'Gemm GroupNormalization HardSwish InstanceNormalization LayerNormalization LeakyRelu MatMul MaxPool Mean ' +
    'Mul NonMaxSuppression PRelu RMSNormalization Relu Sigmoid Sin Softmax Sub Tanh Transpose Dropout Expand ' +
    'Squeeze Pad LayerNorm GELU GeLU GroupNorm';

  it('are known where ONNX, AIMET or we have them', () => {
    assert.deepEqual(told(fileWith(stock.split(' '))), []);
    for (const name of ['default', 'tflite', 'onnxruntime']) {
      const { op_type: types, supergroups } = builtInPlacement(name);
      const groups = supergroups.map(({ op_list }) => op_list);
      assert.deepEqual(told(fileWith(Object.keys(types), groups)), [], name);
    }
    assert.ok(operatorNames.size > 250, `${operatorNames.size}`);
  });

  const misspelt: readonly (readonly [name: string, meant: string])[] = [
    ['Convv', 'Conv'],
    ['Reluu', 'Relu'],
    ['relu', 'Relu'],
    ['MATMUL', 'MatMul'],
    ['BatchNormalisation', 'BatchNormalization'],
    ['ConvTranpose', 'ConvTranspose'],
    ['LeakyReLU', 'LeakyRelu'],
  ];
  for (const [name, meant] of misspelt) {
    it(`are told where they are misspelt: ${name}`, () => {
      const message = `No operator "${name}" is known. Did you mean "${meant}"?`;
      assert.deepEqual(told(fileWith([name])), [['warning unknown-operator', message]]);
      assert.deepEqual(told(fileWith([], [['Conv', name]])), [
        ['warning unknown-operator', message],
      ]);
    });
  }

  it('may be those of the model, and are told quietly where nothing is like them', () => {
    const [severity, message] = first(told(fileWith(['FancyDetectionHead'])));
    assert.equal(severity, 'info unknown-operator');
    assert.match(
      message,
      /No operator "FancyDetectionHead" is known\. It has an effect only where/,
    );
    assert.deepEqual(told(fileWith(['FancyDetectionHead']), ['FancyDetectionHead']), []);
    const [, close] = first(told(fileWith(['FancyHaed']), ['FancyHead']));
    assert.match(close, /Did you mean "FancyHead"/);
  });
});
