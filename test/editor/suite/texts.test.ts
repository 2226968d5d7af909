import { strict as assert } from 'node:assert';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { api, closeAll, file, until } from './window.ts';

const wrong = `{"version": "2.0.0", "encodings": [
  {"name": "first.weihgt", "output_dtype": "int8", "y_scale": 0.5}
]}
`;

const codesOf = (uri: vscode.Uri): unknown[] =>
  vscode.languages
    .getDiagnostics(uri)
    .map(({ code }) => (typeof code === 'object' ? code.value : code));

describe('a file of encodings as text', () => {
  const uri = file('net.encodings');
  before(() => writeFileSync(uri.fsPath, wrong));
  after(() => rmSync(uri.fsPath, { force: true }));
  afterEach(closeAll);

  it('has problems, an outline, a hover and quick fixes, and none once it is closed', async () => {
    await api();
    // openTextDocument of the API would keep the text open for minutes after its editor is closed
    await vscode.commands.executeCommand('vscode.open', uri);
    const document = await until(
      'the text is open',
      () => vscode.window.activeTextEditor?.document,
    );
    assert.equal(document.languageId, 'encodings');
    await until('problems are shown', () => codesOf(uri).includes('unknown-tensor'));
    assert.ok(codesOf(uri).includes('missing'));
    const unknown = vscode.languages
      .getDiagnostics(uri)
      .find(({ code }) => typeof code === 'object' && code.value === 'unknown-tensor');
    assert.ok(unknown);
    assert.equal(unknown.source, 'Rangefinder');
    assert.equal(document.getText(unknown.range), '"first.weihgt"');
    assert.ok(typeof unknown.code === 'object');
    assert.match(unknown.code.target.path, /docs\/unknown-tensor\.md$/);

    const [list] = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      uri,
    );
    assert.deepEqual(
      list?.children.map(({ name }) => name),
      ['first.weihgt'],
    );

    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      unknown.range,
      'quickfix',
    );
    const rename = actions.find(({ title }) => title === 'Rename to "first.weight"');
    assert.ok(rename?.edit, actions.map(({ title }) => title).join());
    assert.ok(await vscode.workspace.applyEdit(rename.edit));
    await until('the problem is gone', () => !codesOf(uri).includes('unknown-tensor'));

    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      uri,
      unknown.range.start.translate(0, 2),
    );
    const words = hovers
      .flatMap(({ contents }) => contents)
      .map((one) => (one instanceof vscode.MarkdownString ? one.value : ''))
      .join('\n');
    assert.match(words, /Its values are/);
    assert.match(words, /SQNR with this grid/);

    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await until('nothing is said of a closed file', () => codesOf(uri).length === 0);
  });
});

describe('a settings file that VS Code takes for JSON with comments', () => {
  const uri = file('commented/rangefinder.json');
  before(() => mkdirSync(file('commented').fsPath, { recursive: true }));
  after(() => rmSync(file('commented').fsPath, { recursive: true, force: true }));
  afterEach(closeAll);

  it('is checked too, and may have none', async () => {
    writeFileSync(uri.fsPath, '{\n  "judge": "9..3"\n}');
    const text = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(text);
    await vscode.languages.setTextDocumentLanguage(text, 'jsonc');
    await until('its fault is told', () => codesOf(uri).join() === 'empty-range');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(1, 0), '  // the last ones\n');
    await vscode.workspace.applyEdit(edit);
    await until('the comment is told', () => codesOf(uri).join() === 'not-json');
    const [found] = vscode.languages.getDiagnostics(uri);
    assert.match(found?.message ?? '', /JSON has no comments/);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });
});
