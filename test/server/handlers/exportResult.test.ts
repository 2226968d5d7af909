import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { noJob } from '../../../server/core/job.ts';
import { openDocument } from '../../../server/formats/index.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { HtmlPage, textOf } from '../../kit/htmlPage.ts';
import { openedModel } from '../../kit/openedModel.ts';

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
    const [head, ...rows] = readFileSync(path, 'utf8').trim().split('\r\n');
    assert.match(head ?? '', /^name,operator,/);
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
    assert.match(readFileSync(path, 'utf8'), /^name,operator,/);
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
