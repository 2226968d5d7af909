import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../../kit/commandLine.ts';
import { KerasFolder, type TestLayer, type TestWeight } from '../../kit/kerasFiles.ts';

const conv = (name: string): TestLayer => ['Conv2D', { name, use_bias: false }];
const norm = (name: string): TestLayer => ['BatchNormalization', { name, axis: [3] }];
const layers = [
  conv('a'),
  norm('bn_a'),
  ['ReLU', { name: 'relu' }],
  conv('b'),
  norm('bn_b'),
] as const;
const kernel = (name: string, scale: number): TestWeight => ({
  name: `${name}/kernel`,
  shape: [1, 1, 2, 2],
  values: [1, 2, 3, 40].map((one) => one * scale),
});
const statistics = (name: string): TestWeight[] =>
  ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((slot) => ({
    name: `${name}/${slot}`,
    shape: [2],
    values: [0.5, 2],
  }));
const weights = [kernel('a', 1), ...statistics('bn_a'), kernel('b', 0.1), ...statistics('bn_b')];

interface Answer {
  readonly applied?: readonly { layer: string; batchNorm: string; direction: string }[];
  readonly sets?: readonly { layers: string[] }[];
  readonly error?: { code: string; message: string };
}

describe('pairs and sets chosen by hand, on the command line', () => {
  const folder = new KerasFolder();
  after(() => folder.remove());
  const line = commandLine();
  const model = folder.sequential([2, 2, 2], layers, weights);
  const ask = async (...words: string[]): Promise<{ exit: number; answer: Answer }> => {
    const said = await line.run(...words, '--json');
    return { exit: said.exit, answer: JSON.parse(said.out) as Answer };
  };

  it('folds exactly the pair that was named', async () => {
    const { exit, answer } = await ask('fold', model, '--pairs', 'b:bn_b');
    assert.equal(exit, 0);
    assert.deepEqual(answer.applied, [{ layer: 'b', batchNorm: 'bn_b', direction: 'backward' }]);
  });

  it('scales exactly the set that was named', async () => {
    const { exit, answer } = await ask('equalize', model, '--sets', 'a,b');
    assert.equal(exit, 0);
    assert.deepEqual(
      answer.sets?.map((set) => set.layers),
      [['a', 'b']],
    );
  });

  const illegal: readonly (readonly [what: string, words: string[], says: RegExp])[] = [
    ['a pair that is none', ['fold', model, '--pairs', 'a:bn_b'], /a → bn_b: .*does not stand/],
    ['one of two pairs', ['fold', model, '--pairs', 'a:bn_a,a:bn_b'], /a → bn_b/],
    ['a set in the wrong order', ['equalize', model, '--sets', 'b,a'], /b → a/],
    ['a set of something else', ['equalize', model, '--sets', 'a,relu'], /relu/],
  ];
  for (const [what, words, says] of illegal) {
    it(`refuses ${what}, and writes nothing`, async () => {
      const target = join(folder.path, 'refused.json');
      const { exit, answer } = await ask(...words, '-o', target);
      assert.equal(exit, 4);
      assert.match(answer.error?.message ?? '', says);
      assert.ok(!existsSync(target));
    });
  }

  const own = (text: string, name: string): string => {
    mkdirSync(join(folder.path, name, 'deep'), { recursive: true });
    writeFileSync(join(folder.path, name, 'rangefinder.json'), text);
    const inner = new KerasFolder(join(folder.path, name, 'deep'));
    return inner.sequential([2, 2, 2], layers, weights);
  };

  it('takes them from rangefinder.json above the model, and the option before it', async () => {
    const path = own('{ "pairs": ["a:bn_a"], "sets": [["b", "a"]] }', 'chosen');
    const { answer } = await ask('fold', path);
    assert.deepEqual(
      answer.applied?.map(({ batchNorm }) => batchNorm),
      ['bn_a'],
    );
    assert.equal((await ask('equalize', path)).exit, 4);
    assert.equal((await ask('equalize', path, '--sets', 'a,b')).exit, 0);
  });

  it('says line and column of a mistake in rangefinder.json', async () => {
    const { exit, answer } = await ask('fold', own('{\n  "pairs": [,]\n}', 'broken'));
    assert.equal(exit, 3);
    assert.match(answer.error?.message ?? '', /rangefinder\.json .*line 2, column 13/);
    const other = await ask('fold', own('{ "pairs": ["a"] }', 'wrong'));
    assert.match(other.answer.error?.message ?? '', /"pairs" is not a layer and a batch norm/);
  });
});
