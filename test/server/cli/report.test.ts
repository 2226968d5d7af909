import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { commandLine, sample } from '../../kit/commandLine.ts';
import { HtmlPage, textOf } from '../../kit/htmlPage.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import type { ReportOrigin } from '../../../server/report/reportInput.ts';
import { checkedReport } from '../../kit/reportSchema.ts';

interface Report {
  readonly madeBy: string;
  readonly layers: readonly { readonly name: string }[];
  readonly settings: readonly { readonly name: string }[];
  readonly samples?: {
    readonly isSynthetic: boolean;
    readonly judge: number;
    readonly indices: { readonly judge: readonly number[] };
  };
  readonly encodings: readonly object[];
  readonly ledger: readonly { readonly layers: readonly string[] }[];
  readonly changes: readonly object[];
  readonly findings: { readonly opened?: readonly object[]; readonly now: readonly object[] };
  readonly proof: {
    readonly steps: readonly { readonly step: string; readonly verdict: string }[];
  };
  readonly correction?: { readonly layers: number };
  readonly evaluation?: { readonly rows: readonly { readonly state: string }[] };
  readonly repair?: { readonly rows: readonly { readonly isKept: boolean }[] };
}

describe('--report', () => {
  const line = commandLine();
  let model = '';
  before(() => {
    model = line.model(smallMobileNet(), 'net.onnx');
  });
  const reportAt = (name: string): Report =>
    checkedReport<Report>(readFileSync(line.at(name), 'utf8'));
  const page = (name: string): HtmlPage => new HtmlPage(readFileSync(line.at(name), 'utf8'));

  it('writes what analyze found, and leaves nothing else behind', async () => {
    const said = await line.run('analyze', model, '--report', line.at('analyze.html'));
    assert.equal(said.exit, 0, said.err);
    const names = page('analyze.html').all('h2').map(textOf);
    assert.deepEqual(names.slice(0, 3), ['Findings', 'By depth', 'Layers, worst first']);
    const text = textOf(page('analyze.html').all('body')[0]!);
    assert.match(text, /Worst first by the SQNR of its weights\./);
    const folder = readdirSync(dirname(line.at('analyze.html')));
    assert.deepEqual(
      folder.filter((name) => /tmp|part/.test(name)),
      [],
    );
  });

  it('replaces the report of the run before', async () => {
    writeFileSync(line.at('again.html'), 'old');
    const said = await line.run('analyze', model, '--report', line.at('again.html'));
    assert.equal(said.exit, 0);
    assert.equal(textOf(page('again.html').all('h1')[0]!), 'net.onnx');
  });

  const verbs: readonly (readonly [verb: string, ...options: string[]])[] = [
    ['fold'],
    ['clear'],
    ['equalize'],
    ['absorb'],
    ['repair'],
    ['repair', '--data', 'synthetic:1'],
    ['correct', '--data', 'synthetic:1'],
    ['evaluate', '--data', 'synthetic:1'],
    ['measure', '--data', 'synthetic:1'],
    ['sensitivity', '--data', 'synthetic:1'],
  ];
  for (const [verb, ...options] of verbs) {
    it(`tells of ${[verb, ...options].join(' ')}`, async () => {
      const file = `${verb}-${options.length}.html`;
      const args = ['--granularity', 'tensor', '--report', line.at(file)];
      const said = await line.run(verb, model, ...options, ...args);
      assert.ok([0, 1].includes(said.exit), said.err);
      const read = page(file);
      assert.ok(read.rows('layers').length > 0);
      const text = textOf(read.all('body')[0]!);
      assert.match(text, new RegExp(`Command ?rangefinder ${verb} ${model}`));
      assert.equal(
        /Synthetic inputs/.test(text),
        ['evaluate', 'measure'].includes(verb) || (verb === 'repair' && options.length > 0),
      );
    });
  }

  it('says of a repair on samples what was wrong, and what the biases are made for', async () => {
    const samples = join(dirname(sample), 'samples.npz');
    const args = ['--granularity', 'tensor', '-o', line.at('repaired.onnx')];
    const to = line.at('repaired.html');
    const said = await line.run('repair', sample, '--data', samples, ...args, '--report', to);
    assert.equal(said.exit, 0, said.err);
    const read = page('repaired.html');
    assert.deepEqual(read.all('h2').map(textOf).slice(1, 3), [
      'What was wrong, as opened',
      'Findings left now',
    ]);
    const text = textOf(read.all('main')[0]!);
    const wrong = text.slice(text.indexOf('What was wrong'), text.indexOf('Findings left now'));
    assert.match(wrong, /batch norms are not folded yet/);
    assert.match(text, /but for biases made for the grid: 3 steps of 4 exact\./);
    assert.match(text, /The biases of 13 layers of sample\.onnx are made for W8 A8/);
    const proofs = read.rows('proofs');
    assert.deepEqual(
      proofs.map(([step, verdict, , , allowed]) => [step, verdict, allowed]),
      [
        ['Fold', '✓ exact', '1.0e−4'],
        ['Clear', '✓ exact', '1.0e−4'],
        ['Equalize', '✓ exact', '1.0e−4'],
        ['Correct', 'moved: made for the grid', '–'],
        ['All steps but Correct, at most', '✓ exact', '1.0e−4'],
      ],
    );
    const correct = read.rows('repair').find(([step]) => step === 'Correct');
    const moved = proofs.find(([step]) => step === 'Correct');
    assert.equal(correct?.[4], moved?.[3], 'one figure of how far float moves');
    assert.match(textOf(read.all('header')[0]!), /147\.6 kB/);
  });

  it('has the layers as they were before in place, also when the file is written over', async () => {
    const own = line.model(smallMobileNet(), 'own.onnx');
    const args = ['--in-place', '--granularity', 'tensor', '--report', line.at('own.html')];
    const said = await line.run('equalize', own, ...args);
    assert.equal(said.exit, 0, said.err);
    assert.ok(
      page('own.html')
        .rows('layers')
        .some((row) => row.some((cell) => cell.includes(' → '))),
    );
  });

  it('says which bytes it is of, what was made of them, and what was not saved', async () => {
    const originOf = async (...options: readonly string[]): Promise<ReportOrigin> => {
      await line.run('fold', model, ...options, '--report', line.at('origin.json'));
      return checkedReport<{ origin: ReportOrigin }>(readFileSync(line.at('origin.json'), 'utf8'))
        .origin;
    };
    const sha256 = (path: string): string =>
      createHash('sha256').update(readFileSync(path)).digest('hex');
    const only = await originOf();
    assert.deepEqual(
      only.files.map((file) => [file.role, file.name, file.sha256]),
      [['model', 'net.onnx', sha256(model)]],
    );
    assert.equal(only.isUnsaved, true);
    const made = line.at('folded.onnx');
    const saved = await originOf('-o', made);
    assert.deepEqual(
      saved.files.slice(1).map(({ role, name, sha256: hash }) => [role, name, hash]),
      [['written', 'folded.onnx', sha256(made)]],
    );
    assert.equal(saved.isUnsaved, false);
  });

  it('writes the table of layers where the name ends so', async () => {
    const said = await line.run('analyze', sample, '--report', line.at('layers.csv'));
    assert.equal(said.exit, 0, said.err);
    assert.match(readFileSync(line.at('layers.csv'), 'utf8'), /^\ufeffname,operator,/);
  });

  it('writes all of it as data, for every kind of command and of model', async () => {
    const qdq = line.at('qdq.onnx');
    await line.run('export', model, '--to', 'qdq', '--data', 'synthetic:1', '-o', qdq);
    const tensor = ['--granularity', 'tensor'];
    const commands: readonly (readonly string[])[] = [
      ['analyze', sample],
      ['analyze', qdq],
      ['fold', model],
      ['equalize', model, ...tensor, '--no-proof'],
      ['absorb', model],
      ['correct', model, '--data', 'synthetic:1'],
      ['repair', model, ...tensor],
      ['repair', model, ...tensor, '--data', 'synthetic:1'],
      ['measure', model, '--data', 'synthetic:1'],
      ['sensitivity', model, '--data', 'synthetic:1'],
      ['evaluate', model, '--data', 'synthetic:1'],
    ];
    for (const words of commands) {
      const said = await line.run(...words, '--report', line.at('data.json'));
      assert.ok([0, 1].includes(said.exit), `${words.join(' ')}: ${said.err}`);
      const report = reportAt('data.json');
      const [verb = ''] = words;
      const what = words.join(' ');
      assert.equal(report.madeBy, `rangefinder ${verb}`, what);
      assert.ok(report.layers.length > 0, what);
      assert.ok(report.settings.some(({ name }) => name === 'Command'));
      assert.equal(report.samples?.isSynthetic, words.includes('--data') ? true : undefined, what);
      assert.equal(report.encodings.length > 0, words.includes(qdq), what);
      assert.equal(report.ledger.length > 0, !words.includes(qdq), what);
      assert.equal(report.changes.length > 0, report.proof.steps.length > 0, what);
    }
  });

  it('has in its data what the page says of a repair', async () => {
    const samples = join(dirname(sample), 'samples.npz');
    const words = ['repair', sample, '--data', samples, '--granularity', 'tensor'];
    const said = await line.run(...words, '--report', line.at('repair.json'));
    assert.equal(said.exit, 0, said.err);
    const report = reportAt('repair.json');
    assert.ok((report.findings.opened?.length ?? 0) > report.findings.now.length);
    assert.deepEqual(
      report.proof.steps.map(({ step, verdict }) => [step, verdict]),
      [
        ['Fold', 'exact'],
        ['Clear', 'exact'],
        ['Equalize', 'exact'],
        ['Correct', 'made-for-grid'],
        ['All steps but Correct, at most', 'exact'],
      ],
    );
    assert.equal(report.correction?.layers, 13);
    const { indices, judge } = report.samples ?? {};
    assert.equal(indices?.judge.length, judge);
    assert.deepEqual(
      report.evaluation?.rows.map(({ state }) => state),
      ['float', 'opened', 'now'],
    );
    assert.ok(report.repair?.rows.some(({ isKept }) => isKept));
    const places = new Set(report.layers.map(({ name }) => name));
    assert.ok(report.ledger.every(({ layers }) => layers.every((name) => places.has(name))));
  });

  const refused: readonly (readonly [what: string, report: string, exit: number, says: RegExp])[] =
    [
      ['a folder that does not exist', 'none/page.html', 4, /does not exist/],
      ['an ending that says nothing', 'page.txt', 2, /must end in \.html/],
      ['a folder', 'folder.html', 4, /is a folder/],
      ['the model', 'net.html', 2, /written over a model/],
    ];
  for (const [what, report, exit, says] of refused) {
    it(`refuses ${what} before any work`, async () => {
      if (what === 'a folder') mkdirSync(line.at(report));
      const own = what === 'the model' ? line.model(smallMobileNet(), report) : model;
      const before = readFileSync(own);
      const words = ['fold', own, '-o', line.at('out.onnx'), '--report', line.at(report)];
      const said = await line.run(...words);
      assert.equal(said.exit, exit, said.err);
      assert.match(said.err, says);
      assert.ok(!existsSync(line.at('out.onnx')));
      assert.deepEqual(readFileSync(own), before);
    });
  }

  it('does not write over a report that is read-only', async () => {
    writeFileSync(line.at('kept.html'), 'kept');
    chmodSync(line.at('kept.html'), 0o444);
    const said = await line.run('analyze', model, '--report', line.at('kept.html'));
    assert.equal(said.exit, 4);
    assert.match(said.err, /read-only/);
    assert.equal(readFileSync(line.at('kept.html'), 'utf8'), 'kept');
  });

  it('is not understood by verbs that have nothing to tell', async () => {
    const said = await line.run('run', model, '--report', line.at('run.html'));
    assert.equal(said.exit, 2);
  });
});
