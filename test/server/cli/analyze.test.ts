import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { commandLine, sample } from '../../kit/commandLine.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

interface Sqnr {
  readonly tensor: number;
  readonly channel: number;
  readonly chosen: number;
}

interface Analyzed {
  readonly layers: readonly {
    readonly name: string;
    readonly sqnr: Sqnr;
    readonly channelSpread: number;
    readonly weight: { readonly absmax: number };
    readonly estimatedDb?: number;
    readonly folded?: {
      readonly absmax: number;
      readonly sqnr: Sqnr;
      readonly channelSpread: number;
    };
  }[];
}

interface Swept {
  readonly layers: readonly {
    readonly name: string;
    readonly onlyThis: { readonly logitsSqnrDb?: number };
  }[];
}

describe('analyze', () => {
  const cli = commandLine();
  const perTensor = ['--granularity', 'tensor'];
  let net = '';
  let folded = '';
  before(async () => {
    net = cli.model(smallMobileNet(), 'net.onnx');
    folded = cli.at('folded.onnx');
    await cli.ask('fold', net, '-o', folded, '--no-proof');
  });

  it('says of each layer what it will be with its batch norm folded', async () => {
    const { layers } = (await cli.ask<Analyzed>('analyze', net, ...perTensor)).answer;
    const after = (await cli.ask<Analyzed>('analyze', folded, ...perTensor)).answer.layers;
    assert.deepEqual(
      layers.map(({ name, folded: own }) => ({ name, ...own })),
      after.map(({ name, weight, sqnr, channelSpread }) => ({
        name,
        absmax: weight.absmax,
        sqnr,
        channelSpread,
      })),
    );
    assert.ok(after.every((layer) => layer.folded === undefined));
    assert.notEqual(layers[0]?.sqnr.tensor, layers[0]?.folded?.sqnr.tensor);
  });

  it('goes by the folded weights in the order of the table, and says so', async () => {
    const { layers } = (await cli.ask<Analyzed>('analyze', folded, ...perTensor)).answer;
    const estimates = layers.map(({ estimatedDb }) => estimatedDb ?? NaN);
    assert.ok(estimates.every(Number.isFinite));
    const wanted = [...layers].sort((a, b) => (a.estimatedDb ?? 0) - (b.estimatedDb ?? 0));
    for (const [file, by] of [
      [net, 'dB alone, estimated, folded'],
      [folded, 'dB alone, estimated'],
    ] as const) {
      const { out } = await cli.run('analyze', file, ...perTensor);
      const names = wanted.map(({ name }) => out.indexOf(`\n${name} `));
      assert.ok(
        names.every((at, i) => at > (names[i - 1] ?? 0)),
        out,
      );
      assert.ok(out.endsWith(`\n4 layers, worst first by ${by}.\n`), out);
      assert.equal(out.includes('All figures are of the folded weights'), file === net);
    }
  });

  it('goes by dB channel where a scale for each channel is, and estimates nothing', async () => {
    const { layers } = (await cli.ask<Analyzed>('analyze', net)).answer;
    assert.ok(layers.every(({ estimatedDb }) => estimatedDb === undefined));
    const { out } = await cli.run('analyze', net);
    assert.match(out, /4 layers, worst first by dB channel, folded\.\n$/);
  });

  it('names first what quantizing the weights of one layer spoils most', async () => {
    const samples = resolve(sample, '../samples.npz');
    const target = ['--target', 'tensor-int8', '--activation-bits', 'float'];
    const folded = cli.at('sample-folded.onnx');
    await cli.ask('fold', sample, '-o', folded, '--no-proof');
    const told = (await cli.ask<Analyzed>('analyze', folded, ...target)).answer;
    const swept = (
      await cli.ask<Swept>('sensitivity', folded, ...target, '--data', samples, '--judge', '0..32')
    ).answer;
    const alone = new Map(
      swept.layers.map(({ name, onlyThis }) => [name, onlyThis.logitsSqnrDb ?? NaN]),
    );
    const measured = [...told.layers].sort(
      (a, b) => (alone.get(a.name) ?? 0) - (alone.get(b.name) ?? 0),
    );
    const estimated = [...told.layers].sort((a, b) => (a.estimatedDb ?? 0) - (b.estimatedDb ?? 0));
    const worst = (layers: Analyzed['layers']): string[] =>
      layers
        .slice(0, 4)
        .map(({ name }) => name)
        .sort();
    assert.deepEqual(worst(estimated), worst(measured));
    // All of these keep 33 dB and more of their weights, and less than 20 dB of the logits alone.
    assert.ok(estimated.slice(0, 4).every(({ name }) => (alone.get(name) ?? 99) < 20));
  });

  it('has the figures of the findings in its table: those of the folded weights', async () => {
    const rowsOf = (out: string): string[] =>
      out.split('\n').filter((line) => / (Conv|DW|Gemm)/.test(line) && line.includes('×'));
    const [own, done] = await Promise.all(
      [net, folded].map(async (file) => rowsOf((await cli.run('analyze', file, ...perTensor)).out)),
    );
    assert.equal(own?.length, 4);
    assert.deepEqual(own, done);
  });

  it('tells in the report of the folded weights, too', async () => {
    const { layers } = (await cli.ask<Analyzed>('analyze', folded, ...perTensor)).answer;
    const table = cli.at('layers.csv');
    await cli.run('analyze', net, ...perTensor, '--report', table);
    const [head = '', ...rows] = readFileSync(table, 'utf8').trim().split('\n');
    const at = head.split(',').indexOf('tensorDb');
    assert.deepEqual(
      rows.map((row) => Number(row.split(',')[at]).toFixed(2)),
      layers.map(({ sqnr }) => sqnr.tensor.toFixed(2)),
    );
  });

  const strange: readonly (readonly [name: string, says: RegExp])[] = [
    [
      'bn2',
      /"bn2" is a batch norm, which is not quantized by itself: it folds into "dw"\ngive --layers dw\n$/,
    ],
    ['relu1', /"relu1" is no layer with weights but a Relu, and not judged by itself\n/],
    ['conv2', /there is no layer "conv2"\ndid you mean "conv1"\?\n$/],
  ];
  for (const [name, says] of strange) {
    it(`--layers ${name}: says what that is`, async () => {
      const said = await cli.run('analyze', net, '--layers', name);
      assert.equal(said.exit, 2);
      assert.match(said.err, says);
    });
  }

  it('takes names as it shows them', async () => {
    const graph = smallMobileNet();
    const deep = cli.model({
      ...graph,
      nodes: graph.nodes.map((one) => ({ ...one, name: `model/net/${one.name}` })),
    });
    const { answer } = await cli.ask<Analyzed>('analyze', deep, '--layers', 'dw,pw');
    assert.deepEqual(
      answer.layers.map(({ name }) => name),
      ['model/net/dw', 'model/net/pw'],
    );
  });

  it('may ignore what is no layer', async () => {
    const { answer } = await cli.ask<Analyzed>('analyze', net, '--ignore', 'relu1,fc');
    assert.equal(answer.layers.length, 3);
  });
});
