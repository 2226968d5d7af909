import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { parseArguments } from '../../../server/cli/arguments.ts';
import { commandText } from '../../../server/cli/commandText.ts';

describe('a command as text', () => {
  const cases: readonly (readonly [words: readonly string[], text: string])[] = [
    [['analyze', 'a.onnx'], 'rangefinder analyze a.onnx'],
    [['fold', 'my nets/a.onnx', '--force'], "rangefinder fold 'my nets/a.onnx' --force"],
    [
      ['analyze', 'a.onnx', '--fail-on', 'sqnr<20'],
      "rangefinder analyze a.onnx --fail-on 'sqnr<20'",
    ],
    [
      ['run', 'a.onnx', '--data', "it's", '--preprocess={"size": [8, 8]}'],
      `rangefinder run a.onnx --data 'it'\\''s' --preprocess '{"size": [8, 8]}'`,
    ],
    [['compare', 'a.onnx', 'b.onnx', '--json'], 'rangefinder compare a.onnx b.onnx --json'],
    [['equalize', 'a.onnx', '--sets', 'a,b;b,c'], "rangefinder equalize a.onnx --sets 'a,b;b,c'"],
    [['fold', 'a.onnx', '-o', 'b.onnx'], 'rangefinder fold a.onnx --output b.onnx'],
  ];
  for (const [words, text] of cases) {
    it(`is ${text}`, () => assert.equal(commandText(parseArguments(words)), text));

    it(`is taken by a shell, and means the same: ${text}`, function () {
      if (process.platform === 'win32') this.skip();
      const line = `set -- ${text}; for word; do printf '%s\\n' "$word"; done`;
      const read = execFileSync('sh', ['-c', line], { encoding: 'utf8' }).trim().split('\n');
      assert.deepEqual(parseArguments(read.slice(1)), parseArguments(words));
    });
  }
});
