import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { noJob } from '../../../server/core/job.ts';
import { openDocument } from '../../../server/formats/index.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { csvRows } from '../../kit/csvRows.ts';
import type { ReportOrigin } from '../../../server/report/reportInput.ts';
import { HtmlPage, textOf } from '../../kit/htmlPage.ts';
import { openedModel } from '../../kit/openedModel.ts';
import { checkedReport } from '../../kit/reportSchema.ts';

interface Compared {
  readonly figure: string;
  readonly sides: readonly { readonly title: string }[];
  readonly layers: readonly { readonly name: string; readonly secondDb: number | string }[];
}

/** What is written from the editor besides the model: tables, encodings, QDQ models. */
describe('exporting from a session', () => {
  const model = openedModel();
  const withData = async (): Promise<ModelState> => {
    const state = await model.open();
    return model.see(rpc.chooseData, { ...model.on(state), data: { path: 'synthetic:1' } });
  };
  const write = async (
    state: ModelState,
    name: string,
    what: rpc.ExportParams['what'],
  ): Promise<{ path: string; notes: readonly string[] }> => {
    const path = join(model.folder, name);
    const to = pathToFileURL(path).href;
    return {
      path,
      ...(await model.client.ask(rpc.exportResult, { ...model.on(state), to, what })),
    };
  };

  it('writes the layers table', async () => {
    const state = await model.open();
    const { path } = await write(state, 'layers.csv', { kind: 'table', as: 'csv' });
    const [head, ...rows] = readFileSync(path, 'utf8').trimEnd().split('\r\n');
    assert.match(head ?? '', /^\ufeffname,operator,/);
    assert.deepEqual(
      rows.map((row) => row.split(',')[0]),
      ['conv1', 'dw', 'pw', 'fc'],
    );
  });

  it('writes a report of what is shown, with the samples and how they were split', async () => {
    const { path } = await write(await withData(), 'net.report.html', { kind: 'report' });
    const page = new HtmlPage(readFileSync(path, 'utf8'));
    assert.deepEqual(
      page
        .rows('layers')
        .map(([, name]) => /^(conv1|dw|pw|fc)/.exec(name ?? '')?.[0])
        .sort(),
      ['conv1', 'dw', 'fc', 'pw'],
    );
    assert.match(textOf(page.all('dl')[0]!), /Seed ?1.*Samples for judge/);
  });

  it('says in a report what was wrong before, and claims no more than is proved', async () => {
    const opened = await withData();
    const wrong = opened.findings.map(({ title }) => title);
    assert.ok(wrong.length > 0);
    const { state } = await model.apply(opened, 'fold', 'equalize', 'correct');
    const { path } = await write(state, 'after.report.html', { kind: 'report' });
    const page = new HtmlPage(readFileSync(path, 'utf8'));
    const text = textOf(page.all('main')[0]!);
    const before = text.slice(0, text.indexOf('Findings left now'));
    for (const title of wrong) assert.ok(before.includes(title), title);
    assert.ok(
      page
        .all('h3')
        .map(textOf)
        .some((title) =>
          /^Float still computes the same but for biases made for the grid: \d steps? of \d exact\.$/.test(
            title,
          ),
        ),
    );
    const rows = page.rows('proofs').map(([step]) => step);
    assert.deepEqual(rows.slice(-2), ['Correct', 'All steps but Correct, at most']);
  });

  it('says which bytes it is of, and that corrections are not saved', async () => {
    const { state } = await model.apply(await model.open(), 'fold');
    const originOf = async (now: typeof state): Promise<ReportOrigin> => {
      const { path } = await write(now, 'of.report.json', { kind: 'report' });
      return checkedReport<{ origin: ReportOrigin }>(readFileSync(path, 'utf8')).origin;
    };
    const file = fileURLToPath(state.uri);
    const sha256 = (): string => createHash('sha256').update(readFileSync(file)).digest('hex');
    const before = await originOf(state);
    assert.equal(before.files[0]?.sha256, sha256());
    assert.deepEqual([before.isUnsaved, before.isChangedOnDisk], [true, false]);
    const { state: saved } = await model.client.ask(rpc.saveModel, model.on(state));
    const after = await originOf(saved);
    assert.equal(after.files[0]?.sha256, sha256());
    assert.notEqual(after.files[0]?.sha256, before.files[0]?.sha256);
    assert.equal(after.isUnsaved, false);
    writeFileSync(file, model.original);
    const other = await originOf(saved);
    assert.deepEqual([other.files[0]?.sha256, other.isChangedOnDisk], [sha256(), true]);
  });

  it('never writes a table or a report over the model, or where there is no folder', async () => {
    const state = await model.open();
    const refused = async (to: string): Promise<string> => {
      const params = { ...model.on(state), to, what: { kind: 'report' } as const };
      return (await model.client.refused(rpc.exportResult, params)).code;
    };
    assert.equal(await refused(state.uri), 'is-the-model');
    assert.equal(
      await refused(pathToFileURL(join(model.folder, 'none', 'page.html')).href),
      'not-found',
    );
  });

  it('writes the table where the name of the report says so, and a report of a file that is gone', async () => {
    const state = await model.open();
    const { path } = await write(state, 'net.layers.csv', { kind: 'report' });
    assert.match(readFileSync(path, 'utf8'), /^\ufeffname,operator,/);
    const file = fileURLToPath(state.uri);
    const bytes = readFileSync(file);
    rmSync(file);
    try {
      const page = await write(state, 'gone.report.html', { kind: 'report' });
      assert.equal(new HtmlPage(readFileSync(page.path, 'utf8')).rows('layers').length, 4);
    } finally {
      writeFileSync(file, bytes);
    }
  });

  it('refuses a report where nothing can be written, and leaves no part of it', async () => {
    const state = await model.open();
    const before = readdirSync(model.folder).sort();
    const to = pathToFileURL(join(model.folder, before[0] ?? '', 'page.html')).href;
    const params = { ...model.on(state), to, what: { kind: 'report' } as const };
    const fault = await model.client.refused(rpc.exportResult, params);
    assert.match(fault.message, /page\.html/);
    assert.deepEqual(readdirSync(model.folder).sort(), before);
  });

  it('refuses before the work what no report can be', async () => {
    const state = await model.open();
    for (const name of ['page.pdf', 'page']) {
      const to = pathToFileURL(join(model.folder, name)).href;
      const params = { ...model.on(state), to, what: { kind: 'report' } as const };
      const fault = await model.client.refused(rpc.exportResult, params);
      assert.equal(fault.code, 'cannot-hold');
      assert.match(fault.message, /A report ends in \.html, \.htm, \.csv, \.json, and page/);
      assert.ok(!readdirSync(model.folder).includes(name));
    }
  });

  it('writes the whole report as data', async () => {
    const { state } = await model.apply(await withData(), 'fold', 'equalize');
    const { path } = await write(state, 'net.report.json', { kind: 'report' });
    const report = checkedReport<{
      readonly seed: number;
      readonly layers: readonly object[];
      readonly changes: readonly object[];
      readonly findings: { readonly opened: readonly object[] };
      readonly samples: { readonly indices: Readonly<Record<string, readonly number[]>> };
    }>(readFileSync(path, 'utf8'));
    assert.equal(report.layers.length, 4);
    assert.equal(report.changes.length, 2);
    assert.ok(report.findings.opened.length > 0);
    assert.equal(report.samples.indices['judge']?.length, state.data?.counts.judge);
    assert.equal(report.seed, 1);
  });

  it('writes a comparison of what is shown with another file, and of two own states', async () => {
    const { state } = await model.apply(await withData(), 'fold', 'equalize');
    const measured = await model.see(rpc.measureModel, { ...model.on(state), sensitivity: false });
    const path = join(model.folder, 'before.onnx');
    writeFileSync(path, model.original);
    const other = { kind: 'other', path, title: 'before.onnx' } as const;
    const what = { kind: 'comparison', sides: [other, { kind: 'now' }] } as const;
    const written = await write(measured, 'net.comparison.json', what);
    const report = checkedReport<Compared>(readFileSync(written.path, 'utf8'));
    assert.equal(report.figure, 'soFar');
    assert.deepEqual(
      report.sides.map(({ title }) => title),
      ['before.onnx', 'net.onnx (now)'],
    );
    for (const { name, secondDb } of report.layers) {
      const row = measured.layers.find((layer) => layer.name === name);
      assert.equal(secondDb, row?.data?.now.soFar, name);
    }
    const own = { kind: 'comparison', sides: [{ kind: 'opened' }, { kind: 'now' }] } as const;
    const states = await write(measured, 'own.comparison.html', own);
    const page = new HtmlPage(readFileSync(states.path, 'utf8'));
    assert.equal(textOf(page.all('h1')[0]!), 'net.onnx (now) against net.onnx (as opened)');
    assert.deepEqual(
      page.rows('evaluation').map(([title]) => title),
      ['Float', 'net.onnx (as opened)', 'net.onnx (now)'],
    );
    assert.equal(page.rows('layers compared').length, 4);
    await write(measured, 'net.comparison.csv', what);
    const [, ...rows] = csvRows(readFileSync(join(model.folder, 'net.comparison.csv'), 'utf8'));
    assert.deepEqual(
      rows.map(([name]) => name),
      ['conv1', 'dw', 'pw', 'fc'],
    );
    const to = pathToFileURL(path).href;
    const fault = await model.client.refused(rpc.exportResult, { ...model.on(measured), to, what });
    assert.equal(fault.code, 'is-the-model');
    assert.match(fault.message, /is the other model, and would be lost/);
    rmSync(path);
    const gone = { ...model.on(measured), to: pathToFileURL(written.path).href, what };
    assert.match((await model.client.refused(rpc.exportResult, gone)).message, /before\.onnx/);
  });

  it('says in a comparison that it is of a preview', async () => {
    const state = await model.open();
    const shown = await model.see(rpc.previewSteps, {
      ...model.on(state),
      steps: [{ step: 'equalize', options: {} }],
    });
    const sides = [{ kind: 'opened' }, { kind: 'now' }] as const;
    const { path } = await write(shown, 'preview.html', { kind: 'comparison', sides });
    const header = textOf(new HtmlPage(readFileSync(path, 'utf8')).all('header')[0]!);
    assert.match(header, /^net\.onnx \(as it would be\) against net\.onnx \(as opened\)/);
    assert.match(header, /Nothing of it was applied\./);
  });

  it('writes encodings, of the weights alone where there are no samples', async () => {
    const what = { kind: 'encodings', version: '1.0.0' } as const;
    const state = await model.open();
    const alone = await write(state, 'net.encodings', what);
    assert.match(alone.notes.join(' '), /^Weights only/);
    const { path } = await write(await withData(), 'net.encodings', what);
    const written = JSON.parse(readFileSync(path, 'utf8')) as {
      param_encodings: { name: string }[];
      activation_encodings: { name: string }[];
    };
    assert.ok(written.param_encodings.some(({ name }) => name === 'fc.w'));
    assert.ok(written.activation_encodings.some(({ name }) => name === 'x'));
  });

  it('loads encodings and freezes them', async () => {
    const what = { kind: 'encodings', version: '1.0.0' } as const;
    const state = await withData();
    const { path } = await write(state, 'net.encodings', what);
    const from = pathToFileURL(path).href;
    const loaded = await model.client.ask(rpc.loadEncodings, { ...model.on(state), from });
    assert.match(loaded.notes[0] ?? '', /^\d+ encodings of net\.encodings are frozen/);
    assert.ok(loaded.state.issues.some(({ code }) => code === 'frozen-encodings'));
    const again = { ...model.on(loaded.state), from: '' };
    const { state: free } = await model.client.ask(rpc.loadEncodings, again);
    assert.ok(!free.issues.some(({ code }) => code === 'frozen-encodings'));
    const other = { ...model.on(free), from: pathToFileURL(model.path).href };
    assert.notEqual((await model.client.refused(rpc.loadEncodings, other)).code, '');
  });

  it('writes a quantized model that runs, and needs samples for that', async () => {
    const state = await model.open();
    const to = pathToFileURL(join(model.folder, 'net.qdq.onnx')).href;
    const params = { ...model.on(state), to, what: { kind: 'qdq' as const } };
    assert.equal((await model.client.refused(rpc.exportResult, params)).code, 'no-data');
    const { path, notes } = await write(await withData(), 'net.qdq.onnx', { kind: 'qdq' });
    assert.match(notes[0] ?? '', /^It ran on 2 samples/);
    const opened = await openDocument(path, noJob);
    assert.ok(opened.ok);
    const operators = new Set(opened.value.graph.nodes.map(({ op }) => op));
    opened.value.dispose();
    assert.ok(operators.has('QuantizeLinear') && operators.has('DequantizeLinear'));
  });

  it('keeps the chosen samples beside the model', async () => {
    const { path } = await model.client.ask(rpc.keepData, model.on(await withData()));
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { data: string };
    assert.equal(kept.data, 'synthetic:1');
  });
});
