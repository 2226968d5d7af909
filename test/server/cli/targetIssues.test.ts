import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { commandLine } from '../../kit/commandLine.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

interface Answer {
  readonly issues: readonly { code: string; severity: string; message: string; where: string }[];
}

const configuration = `{
  "defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
  "params": {},
  "op_type": {"Convv": {"per_channel_quantization": "True"}},
  "supergroups": [{"op_list": ["Conv", "Reluu"]}],
  "supergroup_pass_list": ["Unheard"],
  "model_input": {},
  "model_output": {}
}`;

describe('a quantsim configuration with misspelt operators, on the command line', () => {
  const cli = commandLine();
  let model: string;
  let target: string;
  before(() => {
    model = cli.model(smallMobileNet(), 'net.onnx');
    target = cli.at('npu.json');
    writeFileSync(target, configuration);
  });

  it('is obeyed, and warned of at its places', async () => {
    const { exit, answer } = await cli.ask<Answer>('analyze', model, '--target', target);
    assert.equal(exit, 0);
    assert.deepEqual(
      answer.issues
        .filter(({ where }) => where.includes('npu.json'))
        .map(({ code, severity, message, where }) => [code, severity, message, basename(where)]),
      [
        [
          'unknown-pass',
          'warning',
          'npu.json:6:28: The pass "Unheard" is not known here and does nothing.',
          'npu.json:6:28',
        ],
        [
          'unknown-operator',
          'warning',
          'npu.json:4:15: No operator "Convv" is known. Did you mean "Conv"?',
          'npu.json:4:15',
        ],
        [
          'unknown-operator',
          'warning',
          'npu.json:5:40: No operator "Reluu" is known. Did you mean "Relu"?',
          'npu.json:5:40',
        ],
      ],
    );
  });

  it('is warned of before the figures', async () => {
    const { out } = await cli.run('analyze', model, '--target', target);
    const lines = out.split('\n');
    assert.match(lines[0] ?? '', /^warning: npu\.json:4:15: No operator "Convv"/);
    assert.ok(lines.findIndex((line) => line.startsWith('Target:')) > 1);
  });

  it('is warned of where rangefinder.json names it, and not by what needs no target', async () => {
    writeFileSync(cli.at('rangefinder.json'), '{"target": "npu.json"}');
    const count = async (...words: readonly string[]): Promise<number> => {
      const { answer } = await cli.ask<Answer>(...words);
      return answer.issues.filter(({ code }) => code === 'unknown-operator').length;
    };
    assert.equal(await count('fold', model), 2);
    assert.equal(await count('fold', model, '--target', 'default'), 0);
    assert.equal(await count('run', model, '--data', 'synthetic'), 0);
    writeFileSync(cli.at('rangefinder.json'), '{}');
  });
});
