import assert from 'node:assert/strict';
import { readEncodings } from '../../../server/core/encodings/readEncodings.ts';
import { planQuantizers } from '../../../server/core/quant/planQuantizers.ts';
import { defaultTarget, type Target } from '../../../server/core/quant/targets.ts';
import { checkEncodings, type EncodingsCheck } from '../../../server/encodings/checkEncodings.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';

const graph = graphOf({
  inputs: { image: [1, 2, 4, 4] },
  outputs: ['y'],
  nodes: [
    node('Conv', ['image', 'kernel'], ['conv']),
    node('Relu', ['conv'], ['relu']),
    node('ConvTranspose', ['relu', 'up'], ['deconv']),
    node('Reshape', ['deconv', 'shape'], ['y']),
  ],
  tensors: [
    tensor('kernel', [3, 2, 1, 1], 1),
    tensor('up', [3, 5, 1, 1], 1),
    tensor('shape', [1], 1),
  ],
});

function check(entries: readonly object[], target: Target = defaultTarget): EncodingsCheck {
  const lines = entries.map((entry) => JSON.stringify(entry)).join(',\n');
  const { file, problems } = readEncodings(`{"version": "2.0.0", "encodings": [\n${lines}\n]}`);
  assert.ok(file);
  assert.deepEqual(problems, []);
  return checkEncodings(file, { graph, plan: planQuantizers(graph, target) });
}

const image = { name: 'image', output_dtype: 'uint8', y_scale: 1 };
const relu = { name: 'relu', output_dtype: 'uint8', y_scale: 1 };
const deconv = { name: 'deconv', output_dtype: 'uint8', y_scale: 1, y_zero_point: 3 };
const kernel = { name: 'kernel', output_dtype: 'int8', y_scale: [1, 2, 3], axis: 0 };
const up = { name: 'up', output_dtype: 'int8', y_scale: [1, 2, 3, 4, 5], axis: 1 };
const whole = [image, kernel, relu, up, deconv];

/** The whole file, with the entry of that name in another way. */
const withEntry = (changed: { readonly name: string }): object[] =>
  whole.map((one) => (one.name === changed.name ? changed : one));

describe('checkEncodings', () => {
  it('finds nothing in a file that fits', () => {
    assert.deepEqual(check(whole), { problems: [], missing: [], unknown: [], matched: 5 });
    assert.deepEqual(check(withEntry({ ...kernel, axis: -4 } as never)).problems, []);
  });

  it('takes TensorFlow names, and values that are moved', () => {
    const found = check([...withEntry(image), { ...image, name: 'y' }]);
    assert.deepEqual(found.problems, []);
    const renamed = whole.map((one) => ({ ...one, name: `${one.name}:0` }));
    assert.deepEqual(check(renamed).problems, []);
  });

  const wrong: readonly (readonly [string, object, string, string, RegExp, Partial<Target>?])[] = [
    ['bits', { ...kernel, output_dtype: 'int4' }, 'wrong-bits', 'warning', /4 bits here, and 8/],
    ['axis', { ...up, y_scale: [1, 2, 3], axis: 0 }, 'wrong-axis', 'error', /on axis 1, not 0/],
    ['length', { ...up, y_scale: [1, 2, 3] }, 'wrong-length', 'error', /3 scales for 5 output/],
    [
      'one scale',
      { name: 'up', output_dtype: 'int8', y_scale: 1 },
      'one-scale',
      'warning',
      /of 5 chan/,
    ],
    [
      'activation per channel',
      { ...relu, y_scale: [1, 2, 3], axis: 1 },
      'wrong-length',
      'error',
      /flows has one/,
    ],
    [
      'signs',
      { ...deconv, output_dtype: 'int8', y_zero_point: 0 },
      'wrong-symmetry',
      'info',
      /asymm/,
    ],
    ['float', { ...deconv, output_dtype: 'float8e5m2' }, 'float-entry', 'info', /stays in float8/],
    ['blocks', { ...kernel, y_scale: [[1], [2], [3]], block_size: 2 }, 'blocks', 'warning', /of 2/],
  ];
  for (const [title, entry, code, severity, message] of wrong) {
    it(`names wrong ${title}`, () => {
      const { problems } = check(withEntry(entry as { name: string }));
      assert.deepEqual(
        problems.map((one) => [one.code, one.severity]),
        [[code, severity]],
      );
      assert.match(problems[0]?.message ?? '', message);
      const line = 2 + whole.findIndex(({ name }) => name === (entry as { name: string }).name);
      assert.equal(problems[0]?.line, line);
    });
  }

  it('names scales per channel where the target has one', () => {
    const { problems } = check(whole, { ...defaultTarget, granularity: 'tensor' });
    assert.deepEqual(
      problems.map(({ code, line }) => [code, line]),
      [
        ['many-scales', 3],
        ['many-scales', 5],
      ],
    );
  });

  it('suggests the nearest name for one that the model does not have', () => {
    const found = check(
      withEntry(image).map((one) => (one === image ? { ...image, name: 'imgae' } : one)),
    );
    assert.deepEqual(found.unknown, ['imgae']);
    assert.equal(found.problems[0]?.message, 'The model has no "imgae"; did you mean image?');
    assert.deepEqual([found.problems[0]?.line, found.problems[0]?.column], [2, 9]);
  });

  it('says which tensors have no entry', () => {
    const found = check(whole.slice(0, 2));
    assert.deepEqual(found.missing, ['relu', 'up', 'deconv']);
    assert.match(found.problems[0]?.message ?? '', /No encoding for "relu", "up", "deconv":/);
  });

  it('says why a tensor of the model is not rounded', () => {
    const { problems } = check([...whole, { ...image, name: 'conv' }]);
    assert.deepEqual(
      problems.map(({ code, severity }) => [code, severity]),
      [['not-rounded', 'info']],
    );
    assert.match(problems[0]?.message ?? '', /supergroup/);
  });

  it('says that encodings are those of another model', () => {
    const { problems } = check([
      { ...image, name: 'left' },
      { ...image, name: 'right' },
    ]);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['other-model', 'unknown-tensor', 'unknown-tensor', 'missing'],
    );
  });

  it('names a parameter that stands among the activations', () => {
    const entry = { name: 'kernel', bw: 8, dtype: 'INT', is_sym: true, scale: [1], offset: [-128] };
    const { file } = readEncodings(
      JSON.stringify({ version: '1.0.0', activation_encodings: [entry], param_encodings: [] }),
    );
    assert.ok(file);
    const plan = planQuantizers(graph, { ...defaultTarget, granularity: 'tensor' });
    const { problems } = checkEncodings(file, { graph, plan });
    assert.equal(problems[0]?.code, 'wrong-list');
  });
});
