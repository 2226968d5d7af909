import { strict as assert } from 'node:assert';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { hasBridge, page } from './bridge.ts';
import { asking, tryAll } from './walk.ts';
import { api, closeAll, file, open, run, until, whileHeld } from './window.ts';

describe('every command', () => {
  afterEach(closeAll);

  it('neither fails nor hangs with nothing open', async () => {
    await closeAll();
    assert.deepEqual(await tryAll(undefined), []);
  });

  it('neither fails nor hangs with a text file open', async () => {
    const notes = file('notes.txt');
    await vscode.window.showTextDocument(notes);
    assert.deepEqual(await tryAll(notes), []);
    await run('workbench.action.closeActiveEditor');
  });

  it('neither fails nor hangs with a file of encodings open', async () => {
    const encodings = file('walked.encodings');
    writeFileSync(encodings.fsPath, '{"version": "1.0.0", "activation_encodings": []}\n');
    await vscode.window.showTextDocument(encodings);
    assert.deepEqual(await tryAll(encodings), []);
    await run('workbench.action.closeActiveEditor');
    rmSync(encodings.fsPath);
  });

  const walked: readonly (readonly [kind: string, from: string, to: string])[] = [
    ['an ONNX model', 'net.onnx', 'walked.onnx'],
    ['a Keras model', 'net.keras', 'walked.keras'],
    ['a model of TensorFlow.js', 'untouched', 'walked'],
    ['a model that is quantized already', 'quantized.onnx', 'walkedToo.onnx'],
    ['a file that is no model', 'text.onnx', 'walkedText.onnx'],
  ];
  for (const [kind, from, to] of walked) {
    it(`neither fails nor hangs with ${kind} open`, async () => {
      cpSync(file(from).fsPath, file(to).fsPath, { recursive: true });
      const name = to.includes('.') ? to : `${to}/model.json`;
      await open(name);
      assert.deepEqual(await tryAll(file(name)), []);
      await closeAll();
      rmSync(file(to).fsPath, { recursive: true, force: true });
    });
  }

  it('neither fails nor hangs with a preview shown, which stays where the palette has no such command', async () => {
    cpSync(file('net.onnx').fsPath, file('walkedPreview.onnx').fsPath);
    const { uri } = await open('walkedPreview.onnx');
    const { models } = await api();
    const refused = asking('canRepair');
    assert.ok(refused.length > 10);
    const prepare = async (): Promise<void> => {
      await run('rangefinder.previewFold');
      await until('the preview is shown', () => models.find(uri)?.state?.preview);
    };
    const check = (id: string): string | undefined => {
      const document = models.find(uri);
      const isUntouched = document?.state?.preview?.steps.join() === 'fold' && !document.isDirty;
      return refused.includes(id) && !isUntouched ? 'it is done all the same' : undefined;
    };
    assert.deepEqual(await tryAll(uri, { prepare, check }), []);
    await closeAll();
    rmSync(file('walkedPreview.onnx').fsPath);
  });

  it('is in the palette only where it does not refuse', async function () {
    if (!hasBridge) return this.skip();
    await closeAll();
    const { models } = await api();
    await until('no model is in view', () => models.shown === undefined);
    let all: readonly string[] = [];
    const readPalette = async (): Promise<void> => {
      all = (await page('palette', { text: 'Quantization: ' })) as readonly string[];
    };
    const listed = (text: string): readonly string[] =>
      all.filter((title) => title.startsWith(`Quantization: ${text}`));
    await readPalette();
    assert.deepEqual(listed(''), [
      'Quantization: Open quantization diagnostics',
      'Quantization: Open the sample',
      'Quantization: Restart server',
      'Quantization: Show log',
    ]);
    const model = await open('net.onnx');
    await readPalette();
    assert.deepEqual(listed('Repair'), ['Quantization: Repair: run all steps, keep what helps']);
    assert.deepEqual(listed('Apply preview'), []);
    assert.deepEqual(listed('Keep my corrections'), []);
    assert.deepEqual(listed('Save as ONNX'), [], 'it is ONNX');
    assert.deepEqual(listed('Open the float model'), [], 'it is float');
    await whileHeld(async () => {
      void model.repair();
      await readPalette();
      for (const step of ['Repair', 'Fold', 'Preview', 'Measure', 'Export', 'Choose samples'])
        assert.deepEqual(listed(step), [], `${step}: a step runs`);
      assert.deepEqual(listed('Stop'), ['Quantization: Stop']);
      model.cancel();
    });
    await until('nothing runs any more', () => model.job === undefined);
    await run('rangefinder.previewFold');
    await until('the preview is shown', () => models.shown?.state?.preview);
    await readPalette();
    assert.deepEqual(listed('Apply preview'), ['Quantization: Apply preview']);
    for (const step of ['Repair', 'Preview'])
      assert.deepEqual(listed(step), [], `${step}: a preview is shown`);
    await models.shown?.discardPreview();
    await open('net.h5');
    await readPalette();
    assert.deepEqual(listed('Save as ONNX'), ['Quantization: Save as ONNX...']);
    await open('quantized.onnx');
    // Samples beside it, of the tests before, are opened by themselves.
    await until('nothing runs any more', () => models.shown?.job === undefined);
    await readPalette();
    for (const step of ['Repair', 'Equalize', 'Preview', 'Show ledger', 'Export encodings'])
      assert.deepEqual(listed(step), [], `${step}: it is quantized`);
    assert.deepEqual(listed('Open the float model'), ['Quantization: Open the float model...']);
    assert.deepEqual(listed('Choose samples'), ['Quantization: Choose samples...']);
    await open('text.onnx');
    await readPalette();
    assert.deepEqual(listed('Read the file'), ['Quantization: Read the file again']);
    assert.deepEqual(listed('Show layers'), [], 'it cannot be read');
  });
});
