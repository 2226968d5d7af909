import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { main } from '../../../server/cli.ts';
import { comparisonColumns } from '../../../server/report/comparisonData.ts';
import { commandLine, sample } from '../../kit/commandLine.ts';
import { csvRows } from '../../kit/csvRows.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { HtmlPage, textOf } from '../../kit/htmlPage.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { checkedReport } from '../../kit/reportSchema.ts';

interface Compared {
  readonly verdict: string;
  readonly figure: string;
  readonly isUnlike?: boolean;
  readonly sides: readonly { readonly title: string; readonly isQuantized: boolean }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly remarks: readonly string[];
  readonly words: string;
  readonly layers: readonly {
    readonly name: string;
    readonly otherName?: string;
    readonly match: string;
    readonly change: string;
    readonly firstDb?: number | string;
    readonly secondDb?: number | string;
    readonly gainDb?: number;
    readonly outputDb?: number | string;
    readonly weightsDb?: number | string;
    readonly activationsDb?: number | string;
    readonly holdsBack?: string;
  }[];
  readonly unmatched: { readonly first: readonly string[]; readonly second: readonly string[] };
  readonly samples?: {
    readonly calibration: number;
    readonly judge: number;
    readonly indices: Readonly<Record<string, readonly number[]>>;
  };
  readonly evaluation?: {
    readonly rows: readonly {
      readonly state: string;
      readonly title: string;
      readonly sqnrDb?: number;
      readonly interval?: readonly number[];
    }[];
    readonly samples: number;
    readonly paired?: { readonly onlyFirst: number; readonly onlySecond: number };
  };
}

describe('compare --report', () => {
  const cli = commandLine();
  const names = ['conv1', 'dw', 'pw', 'fc'];
  const tensorGrid = ['--granularity', 'tensor'];
  const synthetic = ['--data', 'synthetic:1'];
  let net = '';
  let equalized = '';
  let twin = '';
  before(async () => {
    net = cli.model(smallMobileNet(), 'net.onnx');
    equalized = cli.at('equalized.onnx');
    twin = cli.at('twin.onnx');
    await cli.run('equalize', net, ...tensorGrid, '--no-proof', '-o', equalized);
    await cli.run('export', net, '--to', 'qdq', ...synthetic, '-o', twin);
  });
  const textAt = (name: string): string => readFileSync(cli.at(name), 'utf8');
  const asData = async (...words: readonly string[]): Promise<Compared> => {
    const said = await cli.run('compare', ...words, '--report', cli.at('data.json'));
    assert.ok([0, 1].includes(said.exit), said.err);
    return checkedReport<Compared>(textAt('data.json'));
  };

  it('says first which of the two keeps more, and how the error grows in both', async () => {
    const words = ['compare', net, equalized, ...tensorGrid, ...synthetic];
    const plain = await cli.run(...words);
    const said = await cli.run(...words, '--report', cli.at('page.html'));
    const out = said.out.replace(/^Target: .*, for --report; .*\n/, '');
    assert.deepEqual({ ...said, out }, plain, 'the report adds its target to what is printed');
    const page = new HtmlPage(textAt('page.html'));
    assert.equal(textOf(page.all('h1')[0]!), 'equalized.onnx against net.onnx');
    const header = textOf(page.all('header')[0]!);
    assert.match(
      header,
      /On \d synthetic inputs at W8 A8 · per tensor · symmetric, equalized\.onnx keeps (more|less) of what float computes than net\.onnx: output SQNR [\d.]+ dB against [−\d.]+ dB\. \d layers gain/,
    );
    assert.deepEqual(page.all('h2').map(textOf), [
      'On samples',
      'How they were compared',
      'By depth',
      'Layers, what differs most first',
      'Notes',
      'Settings',
    ]);
    assert.deepEqual(
      page.rows('evaluation').map(([title]) => title),
      ['Float', 'net.onnx', 'equalized.onnx'],
    );
    assert.equal(page.rows('layers compared').length, 4);
    assert.match(textOf(page.all('main')[0]!), /As the files are: outputs of equalized\.onnx on/);
    assert.match(textOf(page.all('dl').at(-1)!), /Command ?rangefinder compare/);
  });

  it('says which samples serve what, and names the target and the one of corrected biases', async () => {
    const corrected = cli.at('corrected.onnx');
    await cli.run('correct', net, '--target', 'tensor-int8', ...synthetic, '-o', corrected);
    const page = cli.at('corrected.html');
    const words = [net, corrected, ...synthetic, '--report', page];
    const { out } = await cli.run('compare', ...words);
    assert.match(out, /^Target: W8 A8 · per channel · symmetric \(default\), for --report;/m);
    assert.match(out, /^As the files are: outputs of .*corrected\.onnx on (\d+) samples: /m);
    const counts =
      /at the target (\d+) calibrates? and (\d+) judge; as they are, .* on (\d+)\./.exec(
        textOf(new HtmlPage(readFileSync(page, 'utf8')).all('main')[0]!),
      );
    const [calibrate, judge, all] = (counts ?? []).slice(1).map(Number);
    assert.ok(calibrate && judge && calibrate + judge === all, counts?.[0]);
    const warning = /The biases of corrected\.onnx are .*, or give --target tensor-int8, which/;
    assert.match(out, warning);
    const meant = ['--target', 'tensor-int8', '--force'];
    assert.doesNotMatch((await cli.run('compare', ...words, ...meant)).out, warning);
  });

  it('has the same figures as data: gains, shares, counts, and what was judged on what', async () => {
    const report = await asData(net, equalized, ...tensorGrid, ...synthetic);
    assert.equal(report.figure, 'soFar');
    assert.deepEqual(
      report.layers.map(({ name, match }) => [name, match]),
      names.map((name) => [name, 'name']),
    );
    for (const layer of report.layers) {
      const { firstDb, secondDb, gainDb, weightsDb, activationsDb, holdsBack } = layer;
      assert.ok(Math.abs(Number(secondDb) - Number(firstDb) - Number(gainDb)) < 1e-9, layer.name);
      const lower = Number(weightsDb) < Number(activationsDb) ? 'weights' : 'activations';
      assert.ok([lower, 'both'].includes(holdsBack ?? ''), layer.name);
      assert.ok(layer.outputDb !== undefined);
    }
    const rescaled = report.layers.filter(({ change }) => change === 'rescaled');
    assert.ok(rescaled.length > 0);
    const { counts } = report;
    assert.equal(Number(counts['same']) + Number(counts['changed']), 4);
    assert.deepEqual([counts['byName'], counts['onlyFirst'], counts['onlySecond']], [4, 0, 0]);
    const { calibration, judge, indices } = report.samples ?? {};
    assert.deepEqual(
      [indices?.['calibration']?.length, indices?.['judge']?.length],
      [calibration, judge],
    );
    assert.equal(report.evaluation?.samples, judge);
    const [float, first, second] = report.evaluation?.rows ?? [];
    assert.deepEqual([float?.state, first?.state, second?.state], ['float', 'first', 'second']);
    const isMore = Number(second?.sqnrDb) > Number(first?.sqnrDb);
    assert.ok(report.verdict.includes(`equalized.onnx keeps ${isMore ? 'more' : 'less'} of`));
  });

  it('judges outputs with intervals and a paired test where there are labels', async () => {
    const folded = cli.at('folded.onnx');
    await cli.run('fold', sample, '--no-proof', '-o', folded);
    const data = ['--data', join(dirname(sample), 'samples.npz')];
    const ranges = ['--calibration', '0..16', '--judge', '16..56'];
    const words = [sample, folded, ...data, ...ranges, ...tensorGrid];
    const { evaluation, counts, verdict } = await asData(...words);
    assert.equal(evaluation?.samples, 40);
    assert.ok(evaluation.rows.every(({ interval }) => interval?.length === 2));
    // Every target folds: a folded copy is the same model.
    assert.deepEqual([counts['same'], counts['changed']], [13, 0]);
    assert.deepEqual(evaluation.paired, { onlyFirst: 0, onlySecond: 0, p: 1 });
    assert.match(verdict, /^Nothing differs: weights and biases of all 13 layers are the same\.$/);
  });

  it('compares weights without samples, by the grid of the target', async () => {
    const fine = await asData(net, equalized, ...tensorGrid);
    assert.equal(fine.figure, 'weights');
    assert.match(fine.verdict, /^By weights alone, at W8 A8 · per tensor · symmetric: the lowest/);
    assert.equal(fine.evaluation, undefined);
    const coarse = await asData(net, equalized, ...tensorGrid, '--bits', '4');
    for (const [at, { firstDb }] of coarse.layers.entries()) {
      assert.ok(Number(firstDb) < Number(fine.layers[at]?.firstDb) - 10);
    }
  });

  it('holds a quantized model against its float twin, whichever comes first', async () => {
    for (const [one, other, at] of [
      [net, twin, 1],
      [twin, net, 0],
    ] as const) {
      const report = await asData(one, other, ...synthetic);
      assert.equal(report.sides[at]?.isQuantized, true);
      const row = report.evaluation?.rows.find(({ title }) => title === 'twin.onnx');
      assert.equal(row?.state, at === 0 ? 'first' : 'second');
      assert.ok(Number(row?.sqnrDb) > 20);
      assert.match(report.remarks.join(' '), /twin\.onnx is quantized for the same target/);
    }
  });

  it('judges two quantized models by the float one of --reference, and says so without', async () => {
    const coarse = cli.at('coarse.onnx');
    await cli.run('export', net, '--to', 'qdq', ...tensorGrid, ...synthetic, '-o', coarse);
    const without = await asData(twin, coarse, ...synthetic);
    assert.equal(without.figure, 'apart');
    assert.match(without.verdict, /^The weights of \d of 4 matched layers differ, most of all/);
    assert.match(without.remarks.join(' '), /told with --reference, the float model\./);
    const judged = await asData(twin, coarse, ...synthetic, '--reference', net);
    assert.equal(judged.figure, 'soFar');
    assert.match(judged.verdict, /coarse\.onnx keeps less of what float computes than twin\.onnx/);
  });

  it('holds both against the model of --reference, where they are float too', async () => {
    const words = [net, equalized, ...tensorGrid, ...synthetic];
    const own = await asData(...words);
    const other = cli.model(smallMobileNet(2), 'reference.onnx');
    const held = await asData(...words, '--reference', other);
    const figures = ({ evaluation }: Compared): number[] =>
      (evaluation?.rows ?? []).flatMap(({ sqnrDb }) => sqnrDb ?? []);
    assert.deepEqual([figures(own).length, figures(held).length], [2, 2]);
    // Another network computes something else: rounding is the least of it.
    for (const [at, figure] of figures(held).entries()) {
      assert.ok(figure < 10 && figure < Number(figures(own)[at]) - 5, `${figure} dB`);
    }
    assert.deepEqual(
      held.layers.map(({ firstDb }) => firstDb),
      own.layers.map(({ firstDb }) => firstDb),
      'layers are held against their own network',
    );
  });

  it('says so where nothing differs, and where there is nothing in common', async () => {
    const same = await asData(net, net, ...synthetic);
    assert.match(same.verdict, /^Nothing differs: weights and biases of all 4 layers/);
    assert.notEqual(same.sides[0]?.title, same.sides[1]?.title);
    const alone = graphOf({
      inputs: { x: [1, 5] },
      outputs: ['y'],
      nodes: [node('Gemm', ['x', 'w'], ['y'], {}, 'alone')],
      tensors: [tensor('w', [5, 3], 0.5)],
    });
    const other = cli.model(alone, 'other.onnx');
    const nothing = await asData(net, other, ...synthetic);
    assert.equal(nothing.verdict, 'net.onnx and other.onnx have no layer in common.');
    assert.deepEqual(nothing.unmatched, { first: names, second: ['alone'] });
    const { exit } = await cli.run('compare', net, other, '--report', cli.at('none.html'));
    assert.equal(exit, 1);
    const page = new HtmlPage(textAt('none.html'));
    assert.deepEqual(page.all('h2').map(textOf), [
      'How they were compared',
      'Layers that only one side has',
      'Settings',
    ]);
    assert.match(textOf(page.all('main')[0]!), /none is the same\. Tried were [^.]* order\.net/);
    await cli.run('compare', net, other, '--report', cli.at('none.csv'));
    const [head, ...rows] = csvRows(textAt('none.csv'));
    assert.deepEqual(head, comparisonColumns);
    assert.deepEqual(
      rows.map(([name, otherName, , match]) => [name, otherName, match]),
      [...names.map((name) => [name, '', 'only-first']), ['', 'alone', 'only-second']],
    );
  });

  it('writes a row for each pair as CSV, with the figures of the data', async () => {
    const words = [net, equalized, ...tensorGrid, ...synthetic];
    const { layers } = await asData(...words);
    await cli.run('compare', ...words, '--report', cli.at('rows.csv'));
    const [head = [], ...rows] = csvRows(textAt('rows.csv'));
    const cell = (row: readonly string[], name: string): string => row[head.indexOf(name)] ?? '?';
    assert.equal(rows.length, layers.length);
    for (const [at, layer] of layers.entries()) {
      const row = rows[at] ?? [];
      assert.equal(cell(row, 'name'), layer.name);
      assert.equal(cell(row, 'gainDb'), String(layer.gainDb));
      assert.equal(cell(row, 'change'), layer.change);
      assert.equal(cell(row, 'holdsBack'), layer.holdsBack);
    }
  });

  const refused: readonly (readonly [what: string, file: string, exit: number, says: RegExp])[] = [
    ['an ending that says nothing', 'page.pdf', 2, /must end in \.html/],
    ['a folder that does not exist', 'none/page.html', 4, /does not exist/],
    ['the second model', 'second.json', 2, /written over a model/],
  ];
  for (const [what, file, exit, says] of refused) {
    it(`refuses ${what} before any work`, async () => {
      const isModel = what === 'the second model';
      const other = isModel ? cli.model(smallMobileNet(), file) : equalized;
      const drawn: string[] = [];
      const progress = { isTTY: true, write: (text: string) => drawn.push(text) };
      let err = '';
      const ended = await main(['compare', net, other, '--report', cli.at(file)], {
        out: () => undefined,
        err: (text) => (err += text),
        progress,
      });
      assert.equal(ended, exit, err);
      assert.match(err, says);
      assert.deepEqual(drawn, [], 'nothing was begun');
      assert.equal(existsSync(cli.at(file)), isModel);
    });
  }

  it('says which model is gone that was deleted while it was compared', async () => {
    const gone = cli.model(smallMobileNet(), 'gone.onnx');
    let err = '';
    const progress = { isTTY: true, write: () => rmSync(gone, { force: true }) };
    const words = ['compare', net, gone, ...synthetic, '--report', cli.at('gone.html')];
    const exit = await main(words, {
      out: () => undefined,
      err: (text) => (err += text),
      progress,
    });
    assert.ok(!existsSync(gone));
    assert.equal(exit, 3, err);
    assert.match(err, /gone\.onnx/);
    assert.ok(!existsSync(cli.at('gone.html')), 'no half of a report');
  });
});
