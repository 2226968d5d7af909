import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { commandLine } from '../../kit/commandLine.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

interface Failed {
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
}

describe('a file that is not there', () => {
  const cli = commandLine();
  before(() => {
    cli.model(smallMobileNet(), 'net.onnx');
    writeFileSync(cli.at('samples.npz'), '');
  });

  const data = '--data synthetic';
  const given = '--method given --input-mean <gone.npz>';
  const lines: readonly (readonly [line: string, name: string, role: string, code: string])[] = [
    ['analyze <gone.onnx>', 'gone.onnx', 'the model', 'not-found'],
    ['compare <net.onnx> <gone.onnx>', 'gone.onnx', 'the second model', 'not-found'],
    [
      `evaluate <net.onnx> ${data} --reference <gone.onnx>`,
      'gone.onnx',
      '--reference',
      'not-found',
    ],
    ['evaluate <net.onnx> --data <gone>', 'gone', '--data', 'no-data'],
    [`run <net.onnx> ${data} --labels <gone.csv>`, 'gone.csv', '--labels', 'no-data'],
    [`run <net.onnx> ${data} --preprocess <gone.txt>`, 'gone.txt', '--preprocess', 'not-found'],
    ['analyze <net.onnx> --target <gone.json>', 'gone.json', '--target', 'not-found'],
    ['encodings <net.onnx> --check <gone.json>', 'gone.json', '--check', 'not-found'],
    [`measure <net.onnx> ${data} --encodings <gone>`, 'gone', '--encodings', 'not-found'],
    [`correct <net.onnx> ${given}`, 'gone.npz', '--input-mean', 'not-found'],
  ];
  for (const [line, name, role, code] of lines) {
    it(`is told alike: ${line}`, async () => {
      const words = line
        .split(' ')
        .map((word) => word.replace(/<(.+)>/, (_, at: string) => cli.at(at)));
      const { exit, answer } = await cli.ask<Failed>(...words);
      const { message, remedy, code: told } = answer.error;
      assert.deepEqual([exit, told], [3, code]);
      const what = role === '--data' ? 'file or folder' : 'file';
      assert.equal(message, `there is no ${what} "${cli.at(name)}" (${role})`);
      assert.match(remedy, /^check the path: .+ has nothing of that name$/);
    });
  }

  it('names what stands there instead', async () => {
    const { err } = await cli.run('evaluate', cli.at('net.onnx'), '--data', cli.at('sample.npz'));
    assert.ok(err.endsWith(`\ndid you mean "${cli.at('samples.npz')}"?\n`), err);
  });

  it('may be a word', async () => {
    const { err } = await cli.run('evaluate', cli.at('net.onnx'), '--data', 'sythetic');
    assert.match(err, /\ndid you mean "synthetic"\?\n$/);
  });

  it('may be in a folder that is not there', async () => {
    const { err } = await cli.run('analyze', cli.at('far/away.onnx'));
    assert.match(err, /\nthere is no folder .*far either: check the path\n$/);
  });

  it('is told of rangefinder.json where that names it', async () => {
    const settings = cli.at('rangefinder.json');
    writeFileSync(settings, '{"data": "gone.npy"}');
    const { answer } = await cli.ask<Failed>('evaluate', cli.at('net.onnx'));
    assert.ok(answer.error.message.endsWith(`(${settings})`), answer.error.message);
    writeFileSync(settings, '{}');
  });
});
