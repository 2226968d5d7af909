import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandLine } from '../../kit/commandLine.ts';
import { KerasFolder } from '../../kit/kerasFiles.ts';

describe('the target of rangefinder.json, on the command line', () => {
  const folder = new KerasFolder();
  after(() => folder.remove());
  const line = commandLine();
  const model = folder.sequential(
    [2, 2, 2],
    [['Conv2D', { name: 'a', use_bias: false }]],
    [{ name: 'a/kernel', shape: [1, 1, 2, 2], values: [1, 2, 3, 40] }],
  );
  const settings = (text: string): void => {
    mkdirSync(dirname(model), { recursive: true });
    writeFileSync(join(dirname(model), 'rangefinder.json'), text);
  };

  it('is obeyed and named; --target and single options go before it', async () => {
    settings('{"target": "tensor-int8"}');
    const obeyed = await line.run('analyze', model);
    assert.match(obeyed.out, /Target: .*per tensor.*\(tensor-int8, by rangefinder\.json\)/);
    const given = await line.run('analyze', model, '--target', 'default');
    assert.match(given.out, /Target: .*per channel.*\(default\)/);
    const changed = await line.run('analyze', model, '--bits', '4');
    assert.match(
      changed.out,
      /Target: W4.*per tensor.*\(tensor-int8, by rangefinder\.json, changed by --bits 4\)/,
    );
  });

  it('that nobody knows is refused, since no other grid was meant', async () => {
    settings('{"target": "tensor-int9"}');
    const { exit, err } = await line.run('analyze', model);
    assert.equal(exit, 3);
    assert.match(err, /"target" in .*"tensor-int9", not one of default/);
    assert.equal((await line.run('analyze', model, '--target', 'w4')).exit, 0);
  });

  it('is told to stand in no JSON before the figures, which go on with what is whole', async () => {
    for (const [text, named] of [
      ['{"target": "tensor-int8",\n}', 'tensor-int8, by rangefinder.json'],
      ['{"data": "x",\n}', 'default'],
    ] as const) {
      settings(text);
      const { exit, out } = await line.run('analyze', model);
      assert.equal(exit, 0);
      const [first = '', second = ''] = out.split('\n');
      assert.match(first, /^warning: .*rangefinder\.json, line 2: This is no JSON: no comma/);
      assert.ok(second.startsWith('Target: ') && second.endsWith(`(${named})`), second);
    }
    settings('{"target": tensor-int8}');
    assert.equal((await line.run('analyze', model)).exit, 3);
  });
});
