import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { ModelDocument } from '../../../src/editor/modelDocument.ts';
import { hasBridge, page } from './bridge.ts';
import {
  closeAll,
  file,
  onDisk,
  open,
  run,
  settle,
  until,
  untilApplied,
  untilClean,
  untilDirty,
} from './window.ts';

/** What the command line says of a file, read anew: that another process finds what was saved. */
function cli(...args: readonly string[]): Record<string, unknown> {
  const extension = vscode.extensions.getExtension('rangefinder.rangefinder');
  assert.ok(extension);
  const path = vscode.Uri.joinPath(extension.extensionUri, 'dist/cli.js').fsPath;
  const text = execFileSync(process.execPath, [path, ...args, '--json'], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    encoding: 'utf8',
  });
  return JSON.parse(text) as Record<string, unknown>;
}

const perTensor = ['--granularity', 'tensor'] as const;

/** Waits until nothing is measured any more: changes are measured again in the background. */
const measured = (document: ModelDocument): Promise<boolean> =>
  until(
    'everything is measured',
    () =>
      document.state?.measuring === undefined &&
      document.job === undefined &&
      document.state?.evaluation?.isStale === false,
  );

async function openPerTensor(name: string): Promise<ModelDocument> {
  const document = await open(name);
  const { state } = document;
  assert.ok(state);
  await document.setTarget({ ...state.target, profile: 'custom', granularity: 'tensor' });
  return document;
}

/**
 * Saves, and answers what the first save of corrected biases asks. VS Code shows no dialog to such
 * tests, so it is told to save by itself, which has a notice ask.
 */
async function saveAnyway(document: ModelDocument): Promise<void> {
  if (document.state?.correction?.isSaved !== false || !hasBridge) {
    await run('workbench.action.files.save');
    await untilClean(document);
    return;
  }
  const { fsPath } = document.uri;
  const before = readFileSync(fsPath);
  // The list shows so many notices only: what was told before would hide what is asked now.
  await run('notifications.clearAll');
  const files = vscode.workspace.getConfiguration('files');
  await files.update('autoSave', 'onFocusChange', vscode.ConfigurationTarget.Workspace);
  try {
    // Twice: it comes back though nobody answers, saves nothing, and does not ask again.
    await run('workbench.action.files.save');
    await run('workbench.action.files.save');
    assert.equal(document.isDirty, true);
    assert.deepEqual(readFileSync(fsPath), before);
    await page('press.notice', { text: 'Save anyway' });
    await untilClean(document);
  } finally {
    await files.update('autoSave', undefined, vscode.ConfigurationTarget.Workspace);
  }
}

const sqnrOf = (document: ModelDocument, state: 'opened' | 'now'): number => {
  const row = document.state?.evaluation?.rows.find((one) => one.state === state);
  return Number(row?.logitsSqnrDb ?? row?.sqnrDb);
};

describe('the whole loop, with samples', () => {
  afterEach(closeAll);

  const models = [
    { name: 'sample/sample.onnx', samples: 'sample/samples.npz' },
    { name: 'net.keras', samples: undefined },
    { name: 'web/model.json', samples: undefined },
  ] as const;
  for (const { name, samples } of models) {
    it(`${name}: measures, repairs, undoes a step, saves, and another process finds it`, async () => {
      const document = await openPerTensor(name);
      const path = samples === undefined ? 'synthetic:1' : file(samples).fsPath;
      assert.equal(await document.data.choose({ path }), true);
      assert.equal(document.state?.data?.isSynthetic, samples === undefined);
      await run('rangefinder.calibrateAndMeasure');
      await measured(document);
      const { state } = document;
      assert.ok(state);
      const withData = state.layers.filter(({ data }) => data !== undefined);
      assert.ok(withData.length > 0, 'layers have figures');
      const before = sqnrOf(document, 'now');
      assert.ok(Number.isFinite(before), `${before} dB as opened`);
      if (hasBridge) await page('see', { text: 'So far' });
      if (hasBridge) await page('screenshot', { name: `measured-${document.name}.png` });

      await run('rangefinder.repair');
      await until('something is applied', () => (document.state?.changes.length ?? 0) > 0);
      await measured(document);
      const after = sqnrOf(document, 'now');
      // Noise of the figure itself: repair is judged on the same samples by the same engine.
      assert.ok(after >= before - 0.1, `${before} dB before, ${after} dB after`);
      assert.ok(document.state?.repair, 'the repair is reported');
      const applied = document.state.changes.map(({ step }) => step);
      await untilDirty(document);
      await settle();
      await run('undo');
      await untilApplied(document, ...applied.slice(0, -1));
      await run('redo');
      await untilApplied(document, ...applied);
      await measured(document);
      if (hasBridge) await page('screenshot', { name: `repaired-${document.name}.png` });
      const figure = sqnrOf(document, 'now');
      assert.equal(figure, after);

      await saveAnyway(document);
      const text = JSON.stringify(cli('evaluate', file(name).fsPath, '--data', path, ...perTensor));
      const found = /"quantized":\{.*?"(?:sqnrDb)":(-?[\d.e-]+)/.exec(text);
      assert.ok(found, text);
      assert.ok(Number(found[1]) >= before - 3, `${found[1] ?? ''} dB of the saved file`);
      await closeAll();
      const again = await open(name);
      assert.equal(again.fault, undefined);
      await until('the samples are remembered or none were', () => again.state?.isComplete);
    });
  }

  it('removes the correction bit for bit, also after reopening', async () => {
    const document = await openPerTensor('corrected.onnx');
    await document.data.choose({ path: 'synthetic:1' });
    await run('rangefinder.foldBatchNorms');
    await untilApplied(document, 'fold');
    await saveAnyway(document);
    const folded = readFileSync(file('corrected.onnx').fsPath);
    writeFileSync(file('folded.onnx').fsPath, folded);
    await run('rangefinder.correctBiases');
    await untilApplied(document, 'fold', 'correct');
    await saveAnyway(document);
    assert.notDeepEqual(readFileSync(file('corrected.onnx').fsPath), folded);
    await closeAll();
    const again = await open('corrected.onnx');
    assert.ok(again.state?.correction, 'the file says that it is corrected');
    await run('rangefinder.removeCorrection');
    await untilDirty(again);
    assert.equal(again.state?.correction, undefined);
    await saveAnyway(again);
    const before = onDisk('folded.onnx').initializers;
    assert.deepEqual(onDisk('corrected.onnx').initializers, before);
  });

  it('exports encodings, a quantized model and the table', async () => {
    const document = await openPerTensor('sample/sample.onnx');
    await document.data.choose({ path: file('sample/samples.npz').fsPath });
    await document.data.measure(false);
    const results = [
      ['out.encodings', { kind: 'encodings', version: '1.0.0' }],
      ['out.qdq.onnx', { kind: 'qdq' }],
      ['out.csv', { kind: 'table', as: 'csv' }],
      ['out.json', { kind: 'table', as: 'json' }],
    ] as const;
    for (const [name, what] of results) {
      rmSync(file(name).fsPath, { force: true });
      assert.ok(await document.data.exportTo(file(name), what), name);
      assert.ok(existsSync(file(name).fsPath), name);
    }
    const table = JSON.parse(readFileSync(file('out.json').fsPath, 'utf8')) as object;
    assert.ok(Object.keys(table).length > 0);
    const notes = await document.data.loadEncodings(file('out.encodings'));
    assert.ok(notes, 'its own encodings can be loaded');
    const qdq = await open('out.qdq.onnx');
    assert.equal(qdq.state?.kind, 'quantized');
  });
});
