import assert from 'node:assert/strict';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLine } from '../../kit/commandLine.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { floatNpy, makeNpz } from '../../kit/npy.ts';
import { Random } from '../../kit/random.ts';

interface Judged {
  readonly issues: readonly { readonly code: string; readonly message: string }[];
  readonly quantized: { readonly sqnrDb: number };
  readonly layers: readonly {
    readonly name: string;
    readonly onlyThis: { readonly sqnrDb: number };
  }[];
}

/** What the verbs that judge say of a file whose biases are corrected, by what the file itself says. */
describe('judging a corrected file', () => {
  const cli = commandLine();
  const float = ['--activation-bits', 'float'];
  let net = '';
  let data = '';
  let corrected = '';
  before(async () => {
    net = cli.model(smallMobileNet(), 'net.onnx');
    [data = '', corrected = ''] = ['data.npz', 'corrected.onnx'].map((name) => cli.at(name));
    const dims = [40, 3, 12, 12];
    await makeNpz(data, { x: floatNpy(dims, Array.from(new Random(5).normal(40 * 432))) });
    await cli.run('correct', net, '--data', data, '--correction', '0..16', '-o', corrected);
  });
  const said = async (code: string, ...words: readonly string[]): Promise<string | undefined> => {
    const { exit, answer, err } = await cli.ask<Judged>(...words);
    assert.equal(exit, 0, err);
    return answer.issues.find((issue) => issue.code === code)?.message;
  };

  it('says the same first, whoever judges: that its own float is the truth', async () => {
    const verbs = ['evaluate', 'measure', 'sensitivity'];
    const all = verbs.map((verb) => said('corrected-reference', verb, corrected, '--data', data));
    const [first, ...others] = await Promise.all(all);
    assert.match(first ?? '', /float network of this file itself.* give --reference with the file/);
    assert.deepEqual(others, [first, first]);
    for (const verb of verbs) {
      const words = [verb, corrected, '--data', data, '--reference', net];
      assert.equal(await said('corrected-reference', ...words), undefined, verb);
    }
    const { out } = await cli.run('sensitivity', corrected, '--data', data);
    assert.match(out, /^info: The truth here .*\nTarget: /m);
  });

  it('sensitivity --reference holds all against the original, as evaluate does', async () => {
    const on = ['--data', data, '--reference', net];
    const { answer } = await cli.ask<Judged>('sensitivity', corrected, ...on);
    const evaluated = (await cli.ask<Judged>('evaluate', corrected, ...on)).answer;
    assert.equal(answer.quantized.sqnrDb, evaluated.quantized.sqnrDb);
    const own = (await cli.ask<Judged>('sensitivity', corrected, '--data', data)).answer;
    assert.notEqual(own.quantized.sqnrDb, answer.quantized.sqnrDb);
  });

  it('sensitivity --reference leaves layers in float with the biases from before', async () => {
    const coarse = cli.at('coarse.onnx');
    const grid = ['--bits', '3', '--layers', 'pw'];
    await cli.run('correct', net, '--data', data, ...grid, '-o', coarse);
    const fine = ['--data', data, '--bits', '16', ...float];
    const words = ['sensitivity', coarse, ...fine, '--reference', net];
    const { answer } = await cli.ask<Judged>(...words);
    for (const { name, onlyThis } of answer.layers) {
      // The bias of pw makes up for three bits that it does not have here.
      const isPw = name === 'pw';
      assert.equal(onlyThis.sqnrDb < 60, isPw, `${name}: ${onlyThis.sqnrDb} dB`);
    }
  });

  it('sensitivity --reference says so where the biases from before are not kept', async () => {
    const scaled = cli.at('scaled.onnx');
    await cli.run('equalize', corrected, '-o', scaled);
    const words = ['sensitivity', scaled, '--data', data, '--reference', net];
    assert.match((await said('correction-forgotten', ...words)) ?? '', /keep the corrected ones/);
  });

  it('says how many of the samples that judge corrected it, by its record', async () => {
    const told = (...words: readonly string[]): Promise<string | undefined> =>
      said('judged-by-correction', ...words);
    const on = ['--data', data, ...float];
    for (const verb of ['evaluate', 'measure', 'sensitivity']) {
      assert.match(
        (await told(verb, corrected, ...on, '--judge', '8..40')) ?? '',
        /^8 samples of the 32 that judge here corrected .*Name the same ones in both/,
      );
      assert.equal(await told(verb, corrected, ...on, '--judge', '16..40'), undefined, verb);
    }
    assert.equal(await told('evaluate', net, ...on), undefined);
    assert.equal(await told('evaluate', corrected, '--data', 'synthetic'), undefined);
  });

  it('does not take other samples for them that are called the same', async () => {
    const folder = cli.at('elsewhere');
    await mkdir(folder);
    const namesake = join(folder, 'data.npz');
    const values = Array.from(new Random(6).normal(40 * 432));
    await makeNpz(namesake, { x: floatNpy([40, 3, 12, 12], values) });
    const words = ['evaluate', corrected, ...float, '--data', namesake];
    assert.equal(await said('judged-by-correction', ...words), undefined);
    await copyFile(data, namesake);
    assert.match((await said('judged-by-correction', ...words)) ?? '', /by its own record, and/);
  });

  it('says so of a compared file too, once of two with one record', async () => {
    const words = ['compare', net, corrected, '--data', data];
    const message = await said('judged-by-correction', ...words);
    assert.match(message ?? '', /^16 samples of the 40 .* biases of corrected\.onnx, by its own/);
    const twice = await cli.ask<Judged>('compare', corrected, corrected, '--data', data);
    const told = twice.answer.issues.filter(({ code }) => code === 'judged-by-correction');
    assert.equal(told.length, 1);
    assert.equal(await said('judged-by-correction', ...words, '--judge', '16..40'), undefined);
  });

  it('repair records its samples too, and a correction without samples none', async () => {
    const repaired = cli.at('repaired.onnx');
    const words = ['--data', data, '--correction', '0..8', '--no-stop-rule', '--granularity'];
    await cli.run('repair', net, ...words, 'tensor', '-o', repaired);
    const on = ['--data', data, '--judge', '4..40', '--granularity', 'tensor'];
    const message = await said('judged-by-correction', 'evaluate', repaired, ...on, ...float);
    assert.match(message ?? '', /^4 samples of the 36 /);
    const analytical = cli.at('analytical.onnx');
    await cli.run('correct', net, '--method', 'analytical', '--data', data, '-o', analytical);
    const plain = ['evaluate', analytical, '--data', data, ...float];
    assert.equal(await said('judged-by-correction', ...plain), undefined);
  });
});
