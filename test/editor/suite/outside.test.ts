import { strict as assert } from 'node:assert';
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ModelDocument } from '../../../src/editor/modelDocument.ts';
import { viewTypeOf } from '../../../src/modelFiles.ts';
import { api, closeAll, file, open, run, until, untilSeen } from './window.ts';

const codesOf = (uri: vscode.Uri): unknown[] =>
  vscode.languages
    .getDiagnostics(uri)
    .filter(({ source }) => source === 'Rangefinder')
    .map(({ code }) => (typeof code === 'object' ? code.value : code));

const ignoring = '{ "problems": { "ignore": ["unfolded-batch-norm"] } }';

describe('files outside of the workspace', () => {
  let folder = '';

  /** A copy of a model in a folder that is not open. */
  async function openOutside(): Promise<ModelDocument> {
    const uri = vscode.Uri.file(join(folder, 'net.onnx'));
    copyFileSync(file('net.onnx').fsPath, uri.fsPath);
    await run('vscode.openWith', uri, viewTypeOf(uri));
    const { models } = await api();
    return until('the model is read', () => {
      const document = models.find(uri);
      return document?.state?.isComplete && document;
    });
  }

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'outside-')));
  });
  afterEach(async () => {
    await closeAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it('take their problems with them when they go, and bring them back', async () => {
    const { uri } = await openOutside();
    await until('problems are there', () => codesOf(uri).length > 0);
    let isThere = true;
    await untilSeen(
      'nothing is left',
      () => {
        // Again where the watching had not begun yet.
        if (!isThere) copyFileSync(file('net.onnx').fsPath, uri.fsPath);
        isThere = false;
        rmSync(uri.fsPath);
      },
      () => codesOf(uri).length === 0,
    );
    copyFileSync(file('net.onnx').fsPath, uri.fsPath);
    await until('problems are back', () => codesOf(uri).length > 0);
  });

  it('are obeyed as settings when they change above the workspace', async () => {
    const settings = join(file('.').fsPath, '../rangefinder.json');
    try {
      const { uri } = await open('net.onnx');
      await until('problems are there', () => codesOf(uri).includes('unfolded-batch-norm'));
      const isIgnored = (): boolean => !codesOf(uri).includes('unfolded-batch-norm');
      await untilSeen('it is ignored', () => writeFileSync(settings, ignoring), isIgnored);
      await untilSeen(
        'it is not any more',
        () => writeFileSync(settings, '{}'),
        () => !isIgnored(),
      );
    } finally {
      rmSync(settings, { force: true });
    }
  });

  it('are compared again when they are written', async () => {
    const { uri } = await openOutside();
    const document = await open('net.onnx');
    const { fileOnDisk } = await import('../../../src/gitFiles.ts');
    const { watchFiles } = await import('../../../src/editor/disk.ts');
    const other = fileOnDisk(uri, (changed) => watchFiles([uri], changed));
    await document.comparison.compare([other, 'now']);
    const { result } = document.comparison.view;
    assert.ok(result?.layers.every(({ apart }) => apart === 'inf'));
    await untilSeen(
      'it is known that this is of a file that was',
      () => copyFileSync(file('other.onnx').fsPath, uri.fsPath),
      () => document.comparison.view.isStale || document.comparison.view.result !== result,
    );
  });
});

describe('the Problems panel while a preview is shown', () => {
  const settings = (): string => file('rangefinder.json').fsPath;
  afterEach(async () => {
    rmSync(settings(), { force: true });
    await closeAll();
  });

  it('has what is wrong with the model as it is, by the settings as they are', async () => {
    const document = await open('net.onnx');
    const { uri } = document;
    await until('problems are there', () => codesOf(uri).includes('unfolded-batch-norm'));
    await run('rangefinder.previewFold');
    await until('the preview is shown', () => document.state?.preview);
    assert.ok(codesOf(uri).includes('unfolded-batch-norm'), 'folding was not applied');
    await untilSeen(
      'it is ignored',
      () => writeFileSync(settings(), ignoring),
      () => !codesOf(uri).includes('unfolded-batch-norm'),
    );
    assert.ok(document.state?.preview, 'the preview stays');
  });

  it('has what another target finds, for which the preview goes', async () => {
    const document = await open('net.onnx');
    const { uri } = document;
    await run('rangefinder.previewFold');
    const shown = await until(
      'the preview is shown',
      () => document.state?.preview && document.state,
    );
    const messages = (): string =>
      vscode.languages
        .getDiagnostics(uri)
        .map(({ message }) => message)
        .join('\n');
    const before = messages();
    await document.setTarget({ ...shown.target, weightBits: 2 });
    await until('the preview is gone', () => document.state?.preview === undefined);
    await until('other things are wrong', () => messages() !== before);
  });
});
