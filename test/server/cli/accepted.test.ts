import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { verbs } from '../../../server/cli/arguments.ts';
import { targetProfiles } from '../../../server/core/quant/targets.ts';
import { MemoryData } from '../../../server/core/graph/tensor.ts';
import { checkSchema, commandLine, sample } from '../../kit/commandLine.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

interface Judged {
  readonly settings: {
    readonly target: Record<string, unknown>;
    readonly options: Record<string, string | true>;
  };
  readonly issues: readonly { readonly code: string; readonly message: string }[];
}

describe('options of the command line', () => {
  const cli = commandLine();
  let small = '';
  before(() => (small = cli.model(smallMobileNet())));

  it('those whose value is what this version does are taken and kept in the settings', async () => {
    const given = {
      range: 'minmax',
      'activation-range': 'percentile:99.9',
      'activation-symmetry': 'asymmetric',
      'bias-bits': '32',
      rounding: 'nearest',
      simulate: 'float',
    };
    const words = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
    const { exit, answer } = await cli.ask<Judged>('fold', small, '--no-proof', ...words);
    assert.equal(exit, 0);
    assert.deepEqual(answer.settings.options, { 'no-proof': true, json: true, ...given });
    assert.deepEqual(answer.issues, []);
  });

  it('repair takes data, and each sample has one purpose', async () => {
    const to = cli.at('out.onnx');
    const { exit, answer } = await cli.ask<Judged & { indices: Record<string, number[]> }>(
      ...['repair', small, '--data', 'synthetic', '--correction', '0..3', '--judge', '3..8'],
      ...['--granularity', 'tensor', '--symmetry', 'strict'],
      ...['--activation-bits', 'float', '--no-proof', '-o', to],
    );
    assert.ok(exit === 0 || exit === 1);
    assert.deepEqual(answer.indices['calibration'], []);
    assert.deepEqual([answer.indices['correction']?.[0], answer.indices['judge']?.[0]], [0, 3]);
    const { granularity, symmetry, activationBits, weightBits } = answer.settings.target;
    assert.deepEqual(
      [granularity, symmetry, activationBits, weightBits],
      ['tensor', 'strict', 'float', 8],
    );
    await cli.folder.open(to);
  });

  it('a built-in target sets the grid, and single options go over it', async () => {
    const { answer } = await cli.ask<Judged>('analyze', small, '--target', 'npu-uint8');
    assert.deepEqual(
      [answer.settings.target['granularity'], answer.settings.target['symmetry']],
      ['tensor', 'asymmetric'],
    );
    const { answer: mixed } = await cli.ask<Judged>(
      ...['analyze', small, '--target', 'npu-uint8', '--bits', '4'],
    );
    const { profile, granularity, weightBits } = mixed.settings.target;
    assert.deepEqual([profile, granularity, weightBits], ['custom', 'tensor', 4]);
  });

  it('--quiet prints nothing but errors', async () => {
    assert.deepEqual(await cli.run('analyze', small, '--quiet'), { exit: 0, out: '', err: '' });
    const bad = await cli.run('analyze', cli.at('none.onnx'), '--quiet');
    assert.equal(bad.out, '');
    assert.match(bad.err, /none\.onnx/);
  });

  it('--json FILE leaves standard output to people', async () => {
    const file = cli.at('answer.json');
    const { out } = await cli.run('analyze', small, '--json', file);
    assert.match(out, /4 layers, 3 batch norms \(3 can be folded\)/);
    checkSchema(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>);
    const failed = await cli.run('fold', small, '-o', small, '--json', file);
    assert.equal(failed.exit, 4);
    const answer = JSON.parse(readFileSync(file, 'utf8')) as { error: { code: string } };
    assert.equal(answer.error.code, 'exists');
  });

  it('--version and --help answer for every verb', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.equal((await cli.run('--version')).out, `${version}\n`);
    const all = await cli.run('--help');
    assert.equal(all.exit, 0);
    for (const [verb, about] of verbs) {
      assert.ok(all.out.includes(about), verb);
      const { exit, out } = await cli.run(verb, '--help');
      assert.equal(exit, 0);
      assert.match(out, new RegExp(`^rangefinder ${verb} <model>`));
      assert.match(out, /--json \[FILE\]/);
      assert.equal(out.includes('--passes'), verb === 'equalize' || verb === 'repair');
      assert.ok(
        out.split('\n').every((line) => line.length <= 110),
        'lines are short',
      );
    }
  });

  it('help names the targets where they count, and what has no effect', async () => {
    const { out } = await cli.run('repair', '--help');
    for (const { profile, title } of targetProfiles) {
      assert.match(out, new RegExp(`\n  ${profile} +${title}\\.`));
    }
    const fold = (await cli.run('fold', '--help')).out;
    assert.match(fold, /of no effect on what fold does: --bits,/);
    assert.doesNotMatch(fold, /Targets:/);
    const saved = ['a.onnx', 'b.onnx'].map((name) => cli.at(name));
    await cli.run('fold', small, '--no-proof', '-o', saved[0] ?? '');
    await cli.run('fold', small, '--no-proof', '-o', saved[1] ?? '', '--target', 'w4');
    const [plain, aimed] = await Promise.all(
      saved.map(async (file) => (await cli.folder.open(file)).graph),
    );
    assert.ok(plain && plain.tensors.size > 0);
    for (const [name, tensor] of plain.tensors) {
      assert.deepEqual(aimed?.tensors.get(name)?.data.read(), tensor.data.read(), name);
    }
  });

  it('the target is told by name, and what changed it', async () => {
    const first = async (...words: string[]): Promise<string | undefined> =>
      (await cli.run('analyze', small, ...words)).out.split('\n')[0];
    assert.equal(await first(), 'Target: W8 A8 · per channel · symmetric (default)');
    assert.equal(
      await first('--target', 'npu-uint8', '--granularity', 'channel', '--bits', '8'),
      'Target: W8 A8 · per channel · asymmetric (npu-uint8, changed by --granularity channel)',
    );
  });

  it('labels that are not text are named, not printed', async () => {
    const bytes = [0x50, 0x4b, 3, 4, 0, 0xff, 0xfe];
    for (const [name, advice] of [
      ['labels.npz', /--data/],
      ['labels.bin', /one integer a line/],
    ] as const) {
      writeFileSync(cli.at(name), Uint8Array.from(bytes));
      const said = await cli.run('run', small, '--data', 'synthetic', '--labels', cli.at(name));
      assert.equal(said.exit, 3);
      assert.match(said.err, advice);
      // eslint-disable-next-line no-control-regex -- exactly these must not reach a terminal
      assert.doesNotMatch(said.err, /[\u0000-\u0009\u000b-\u001f\ufffd]/);
    }
  });

  it('help [verb] answers as --help does', async () => {
    assert.deepEqual(await cli.run('help'), await cli.run('--help'));
    assert.deepEqual(await cli.run('help', 'fold'), await cli.run('fold', '--help'));
  });

  it('wrong usage points to the help of its verb', async () => {
    for (const line of ['fold m.onnx --bist 4', 'fold', `fold ${small} --bits 1`]) {
      assert.match((await cli.run(line)).err, /rangefinder fold --help lists /, line);
    }
    assert.match((await cli.run('flod m.onnx')).err, /\nrangefinder --help lists verbs/);
  });

  it('lists alike places once, all of them with --verbose', async () => {
    const brief = (await cli.run('absorb', sample, '--no-proof')).out;
    const long = (await cli.run('absorb', sample, '--no-proof', '--verbose')).out;
    // The sample has 12 places; ten of them for one and the same reason.
    assert.match(brief, /Left alone in 10 places: .+; likewise .+ and 7 more/);
    assert.equal(long.split('\n').filter((line) => line.startsWith('Left alone:')).length, 12);
  });

  it('numbers that are not finite are the strings of the contract', async () => {
    const { answer } = await cli.ask<{ layers: { name: string; sqnr: { tensor: unknown } }[] }>(
      ...['analyze', cli.model(smallMobileNet()), '--bits', '16'],
    );
    assert.ok(answer.layers.every(({ sqnr }) => typeof sqnr.tensor === 'number'));
    const poisoned = smallMobileNet();
    const weight = poisoned.tensors.get('pw.w');
    assert.ok(weight);
    const bytes = weight.data.read().slice();
    new Float32Array(bytes.buffer)[3] = NaN;
    const spoilt = { ...weight, data: new MemoryData(bytes) };
    const tensors = new Map(poisoned.tensors).set('pw.w', spoilt);
    const { exit, answer: bad } = await cli.ask<{
      layers: { name: string; sqnr: object; weight: object; fault?: string }[];
      findings: { code: string }[];
    }>('analyze', cli.model({ ...poisoned, tensors }));
    assert.equal(exit, 0);
    const layer = bad.layers.find(({ name }) => name === 'pw');
    assert.deepEqual(layer?.sqnr, { tensor: 'nan', channel: 'nan', chosen: 'nan' });
    const numbers = Object.entries(layer.weight).filter(([key]) => key !== 'shape');
    assert.deepEqual(
      numbers,
      ['min', 'max', 'mean', 'std', 'absmax', 'kurtosis'].map((key) => [key, 'nan']),
    );
    assert.match(layer.fault ?? '', /NaN/);
    assert.ok(bad.findings.some(({ code }) => code === 'not-finite'));
  });
});
