import assert from 'node:assert/strict';
import { parseQuantsimConfiguration } from '../../../../server/core/quant/quantsimConfiguration.ts';

/** The smallest file that is complete; tests put one section in the place of another. */
function fileWith(sections: Readonly<Record<string, string>>): string {
  const all: Record<string, string> = {
    defaults: '{"ops": {}, "params": {}}',
    params: '{}',
    op_type: '{}',
    supergroups: '[]',
    model_input: '{}',
    model_output: '{}',
    ...sections,
  };
  const lines = Object.entries(all).map(([name, text]) => `"${name}": ${text}`);
  return `{\n${lines.join(',\n')}\n}`;
}

describe('parseQuantsimConfiguration', () => {
  it('reads a file that uses everything', () => {
    const width = (bitwidth: number): string => `{"bitwidth": ${bitwidth}, "dtype": "int"}`;
    const text = fileWith({
      defaults: `{"ops": {"is_output_quantized": "True", "is_symmetric": "False"},
        "params": {"is_quantized": "True", "is_symmetric": "True"},
        "strict_symmetric": "False", "unsigned_symmetric": "True", "hw_version": "V73",
        "per_channel_quantization": "True",
        "supported_kernels": [{"activation": ${width(8)}, "param": ${width(8)}}]}`,
      params: '{"bias": {"is_quantized": "False"}}',
      op_type: `{"Softmax": {"is_input_quantized": "True", "is_output_quantized": "False",
        "is_symmetric": "True", "params": {"weight": {"is_symmetric": "True"}},
        "per_channel_quantization": "False",
        "supported_kernels": [{"activation": ${width(16)}}],
        "encoding_constraints": {"min": 0.0, "max": 1.0}}}`,
      supergroups: '[{"op_list": ["Conv", "Relu"]}]',
      supergroup_pass_list: '["MatmulAdd"]',
      model_input: '{"is_input_quantized": "True"}',
      model_output: '{"is_output_quantized": "True"}',
    });
    const { configuration, problems } = parseQuantsimConfiguration(text);
    assert.deepEqual(problems, []);
    assert.deepEqual(configuration, JSON.parse(text));
  });

  // section that is put in, code, line, column, words of the message
  const wrong: readonly (readonly [Record<string, string>, string, number, number, RegExp])[] = [
    [{ params: '{"bias": {"quantized": "True"}}' }, 'unknown-key', 3, 21, /"is_quantized" or/],
    [{ typo: '{}' }, 'unknown-key', 8, 1, /nothing called "typo"/],
    [{ params: '{"bias": {"is_quantized": true}}' }, 'wrong-value', 3, 37, /the string "True"/],
    [{ model_input: '{"is_input_quantized": "False"}' }, 'not-supported', 6, 39, /leave it out/],
    [{ defaults: '{"ops": {}}' }, 'missing-key', 2, 13, /must have "params"/],
    [{ supergroups: '[{"op_list": ["Conv"]}]' }, 'too-few', 5, 29, /at least 2 entries/],
    [{ supergroups: '{}' }, 'wrong-type', 5, 16, /square brackets/],
    [{ supergroups: '[{"op_list": ["Conv", 1]}]' }, 'wrong-type', 5, 38, /a string/],
    [{ params: '[]' }, 'wrong-type', 3, 11, /braces/],
    [
      { op_type: '{"Relu": {"encoding_constraints": {"min": 0}}}' },
      'missing-key',
      4,
      46,
      /must have "max"/,
    ],
    [
      { op_type: '{"Relu": {"encoding_constraints": {"min": 2, "max": 1}}}' },
      'empty-range',
      4,
      46,
      /below/,
    ],
    [
      {
        op_type:
          '{"Relu": {"supported_kernels": [{"activation": {"bitwidth": 7, "dtype": "int"}}]}}',
      },
      'wrong-value',
      4,
      72,
      /4, 8, 16, 32/,
    ],
    [
      {
        op_type:
          '{"Relu": {"supported_kernels": [{"activation": {"bitwidth": 8, "dtype": "float"}}]}}',
      },
      'wrong-value',
      4,
      72,
      /of 16/,
    ],
    [
      { defaults: '{"ops": {"is_input_quantized": "True"}, "params": {}}' },
      'not-supported',
      2,
      44,
      /model_input/,
    ],
  ];
  for (const [sections, code, line, column, message] of wrong) {
    it(`refuses ${JSON.stringify(sections)} at its place`, () => {
      const { configuration, problems } = parseQuantsimConfiguration(fileWith(sections));
      assert.equal(configuration, undefined);
      const [found, ...more] = problems;
      assert.deepEqual(more, []);
      assert.deepEqual([found?.code, found?.severity], [code, 'error']);
      assert.deepEqual([found?.line, found?.column], [line, column], found?.message);
      assert.match(found?.message ?? '', message);
    });
  }

  it('names all missing sections at once', () => {
    const { problems } = parseQuantsimConfiguration('{"defaults": {"ops": {}, "params": {}}}');
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.message ?? '', /"params", "op_type", "supergroups"/);
  });

  it('refuses what is no JSON, comments too', () => {
    const { problems } = parseQuantsimConfiguration('{\n  // defaults\n}');
    assert.deepEqual(
      problems.map(({ code, line, column }) => [code, line, column]),
      [['not-json', 2, 3]],
    );
  });

  it('goes on from names given twice, ranges without zero and passes it does not know', () => {
    const text = fileWith({
      params: '{"bias": {"is_quantized": "True", "is_quantized": "False"}}',
      op_type: '{"Relu": {"encoding_constraints": {"min": 1, "max": 2}}}',
      supergroup_pass_list: '["MatmulAdd", "LayerNormalization", "Other"]',
    });
    const { configuration, problems } = parseQuantsimConfiguration(text);
    assert.ok(configuration);
    assert.deepEqual(
      problems.map(({ code, severity }) => [code, severity]),
      [
        ['duplicate-key', 'warning'],
        ['range-without-zero', 'warning'],
        ['unknown-pass', 'info'],
        ['unknown-pass', 'warning'],
      ],
    );
    assert.equal(configuration.params['bias']?.is_quantized, 'False');
  });
});
