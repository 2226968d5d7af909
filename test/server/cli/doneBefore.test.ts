import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { commandLine } from '../../kit/commandLine.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { floatNpy, makeNpz } from '../../kit/npy.ts';
import { Random } from '../../kit/random.ts';

interface Repaired {
  readonly steps: readonly { readonly id: string; readonly kept: boolean }[];
  readonly before: { readonly quantized: { readonly sqnrDb: number } };
  readonly after: { readonly quantized: { readonly sqnrDb: number } };
  readonly gained: boolean;
  readonly verdict: string;
  readonly issues: readonly { readonly code: string; readonly message: string }[];
}

/** In dB: the second time the float truth is the equalized network, apart by rounding to float32. */
const truthTolerance = 1e-4;

describe('what was done on a file before', () => {
  const cli = commandLine();
  const count = 64;
  let net = '';
  let data = '';
  const told = ({ issues }: Pick<Repaired, 'issues'>): string =>
    issues.find(({ code }) => code === 'done-before')?.message ?? '';

  before(async () => {
    net = cli.model(smallMobileNet(), 'net.onnx');
    data = cli.at('data.npz');
    const values = Array.from(new Random(5).normal(count * 3 * 12 * 12));
    await makeNpz(data, { x: floatNpy([count, 3, 12, 12], values) });
  });

  describe('a repair', () => {
    const words = (): string[] => ['--data', data, '--bits', '4'];
    const repaired = (): string => cli.at('repaired.onnx');

    it('gains, and is held against the file as it stands the second time', async () => {
      const first = await cli.ask<Repaired>('repair', net, ...words(), '-o', repaired());
      assert.equal(first.exit, 0);
      const again = cli.at('again.onnx');
      const second = await cli.ask<Repaired>('repair', repaired(), ...words(), '-o', again);
      assert.equal(second.exit, 1);
      const { gained, verdict, before, after, steps, issues } = second.answer;
      assert.equal(gained, false);
      assert.match(verdict, /^Already repaired for this grid, and nothing to gain: /);
      const apart = before.quantized.sqnrDb - first.answer.after.quantized.sqnrDb;
      assert.ok(Math.abs(apart) < truthTolerance, `${apart} dB`);
      assert.equal(after.quantized.sqnrDb, before.quantized.sqnrDb);
      assert.ok(steps.every(({ kept }) => !kept));
      assert.ok(!issues.some(({ code }) => code === 'corrected-before'));
      assert.deepEqual(readFileSync(again), readFileSync(repaired()));
    });

    it('for another grid begins from the biases of before, and says so', async () => {
      const other = ['--data', data, '--bits', '3'];
      const evaluated = await cli.ask<{ quantized: { sqnrDb: number } }>(
        ...['evaluate', repaired(), '--reference', net, ...other],
      );
      const { exit, answer } = await cli.ask<Repaired>('repair', repaired(), ...other);
      assert.equal(exit, 0);
      assert.ok(answer.gained);
      assert.doesNotMatch(answer.verdict, /Already/);
      assert.ok(answer.issues.some(({ code }) => code === 'corrected-before'));
      assert.ok(answer.after.quantized.sqnrDb > evaluated.answer.quantized.sqnrDb);
    });

    it('is kept whatever comes of it where that is asked for', async () => {
      const { exit, answer } = await cli.ask<Repaired>(
        ...['repair', repaired(), ...words(), '--no-stop-rule', '--steps', 'fold'],
      );
      assert.equal(exit, 1);
      assert.match(answer.verdict, /^Every step is kept, as asked for, and nothing is gained: /);
      assert.ok(answer.after.quantized.sqnrDb < answer.before.quantized.sqnrDb);
    });
  });

  it('a correction for the same grid on the same samples changes nothing', async () => {
    const [first, second] = [cli.at('corrected.onnx'), cli.at('corrected2.onnx')];
    await cli.run('correct', net, '--data', data, '-o', first);
    const said = await cli.run('correct', first, '--data', data, '-o', second);
    assert.equal(said.exit, 0);
    assert.match(said.out, /^Corrected already for this grid/m);
    assert.match(said.out, /^Saved unchanged: /m);
    assert.deepEqual(readFileSync(second), readFileSync(first));
  });

  it('folding is told, and that nothing is left', async () => {
    const folded = cli.at('folded.onnx');
    await cli.ask('fold', net, '-o', folded, '--no-proof');
    const { exit, answer } = await cli.ask<Repaired>('fold', folded);
    assert.equal(exit, 0);
    assert.equal(
      told(answer),
      'The file says what was done before: Fold 3 batch norms. Nothing was left to do.',
    );
  });

  it('equalizing is told: one more pass, or nothing left', async () => {
    const [once, whole] = [cli.at('once.onnx'), cli.at('whole.onnx')];
    await cli.ask('equalize', net, '-o', once, '--no-proof');
    const more = await cli.ask<Repaired>('equalize', once, '--no-proof');
    assert.match(told(more.answer), /Equalize \d sets?.*\. This is one more pass over it/);
    await cli.ask('equalize', net, '--passes', 'converge', '-o', whole, '--no-proof');
    const done = await cli.run('equalize', whole, '--passes', 'converge', '--no-proof');
    assert.match(
      done.out,
      /Equalize \d sets?.*\. Scaling again moved no spread by half a percent\.$/m,
    );
    assert.match(done.out, /^Weight SQNR: lowest [^→]+$/m);
    assert.doesNotMatch(done.out, /^First: /m);
  });

  it('a file that nothing was done on is told nothing of it', async () => {
    const { answer } = await cli.ask<Repaired>('clear', net);
    assert.equal(told(answer), '');
  });
});
