import { strict as assert } from 'node:assert';
import { rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { closeAll, file, open, run, settle, until, untilApplied, untilSeen } from './window.ts';

const problemsOf = (name: string): readonly vscode.Diagnostic[] =>
  vscode.languages.getDiagnostics(file(name)).filter(({ source }) => source === 'Rangefinder');

const codesOf = (name: string): string[] =>
  problemsOf(name).map(({ code }) =>
    typeof code === 'object' ? String(code.value) : String(code),
  );

describe('the Problems panel', () => {
  afterEach(closeAll);

  it('has what was found, follows each change and undo, and is empty once it is closed', async () => {
    const document = await open('net.onnx');
    await until('problems are there', () => codesOf('net.onnx').includes('unfolded-batch-norm'));
    for (const { message, code } of problemsOf('net.onnx')) {
      assert.match(message, /\.$/);
      assert.ok(typeof code === 'object' && code.target.path.endsWith(`/docs/${code.value}.md`));
    }
    await run('rangefinder.foldBatchNorms');
    await untilApplied(document, 'fold');
    await until(
      'the folded ones are gone',
      () => !codesOf('net.onnx').includes('unfolded-batch-norm'),
    );
    await settle();
    await run('undo');
    await untilApplied(document);
    await until('they are back', () => codesOf('net.onnx').includes('unfolded-batch-norm'));
    await closeAll();
    await until('nothing is left', () => problemsOf('net.onnx').length === 0);
  });

  it('obeys rangefinder.json, also when it changes', async () => {
    const settings = file('rangefinder.json').fsPath;
    try {
      await open('net.onnx');
      await until('problems are there', () => codesOf('net.onnx').includes('unfolded-batch-norm'));
      await untilSeen(
        'the code is ignored',
        () => writeFileSync(settings, '{ "problems": { "ignore": ["unfolded-batch-norm"] } }'),
        () => !codesOf('net.onnx').includes('unfolded-batch-norm'),
      );
    } finally {
      rmSync(settings, { force: true });
    }
    await until('it is not ignored any more', () =>
      codesOf('net.onnx').includes('unfolded-batch-norm'),
    );
  });

  it('goes with the file', async () => {
    const gone = file('gone.onnx');
    await vscode.workspace.fs.copy(file('net.onnx'), gone, { overwrite: true });
    await open('gone.onnx');
    await until('problems are there', () => problemsOf('gone.onnx').length > 0);
    rmSync(gone.fsPath);
    await until('nothing is left', () => problemsOf('gone.onnx').length === 0);
  });

  it('goes with the folder of the file', async () => {
    const folder = file('leaving');
    const inside = vscode.Uri.joinPath(folder, 'gone.onnx');
    await vscode.workspace.fs.createDirectory(folder);
    await vscode.workspace.fs.copy(file('net.onnx'), inside, { overwrite: true });
    await open('leaving/gone.onnx');
    await until('problems are there', () => problemsOf('leaving/gone.onnx').length > 0);
    rmSync(folder.fsPath, { recursive: true });
    await until('nothing is left', () => problemsOf('leaving/gone.onnx').length === 0);
  });

  it('has quick fixes that preview the remedy', async () => {
    const document = await open('untouched/model.json');
    await until('problems are there', () => problemsOf('untouched/model.json').length > 0);
    const text = await vscode.workspace.openTextDocument(file('untouched/model.json'));
    // In a text a problem stands where its layer is named.
    const placed = (): vscode.Diagnostic | undefined =>
      problemsOf('untouched/model.json').find(({ range }) => !range.isEmpty);
    const { range } = await until('problems have found their layers', placed);
    assert.match(text.getText(range), /^"[^"]+"$/);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      text.uri,
      new vscode.Range(0, 0, text.lineCount, 0),
    );
    const fix = actions.find(({ title }) => title.startsWith('Preview '));
    assert.ok(fix?.command, actions.map(({ title }) => title).join());
    await vscode.commands.executeCommand(
      fix.command.command,
      ...((fix.command.arguments ?? []) as unknown[]),
    );
    await until('the preview is shown', () => document.state?.preview);
    await run('rangefinder.discardPreview');
  });
});
