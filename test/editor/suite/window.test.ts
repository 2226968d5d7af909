import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { hasBridge, page } from './bridge.ts';
import { api, closeAll, file, open, run, until, untilDirty } from './window.ts';

interface Contributions {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly views: { readonly rangefinder: readonly { readonly id: string }[] };
  };
}

describe('the window', () => {
  afterEach(closeAll);

  it('has every command that the package names', async () => {
    await api();
    const there = new Set(await vscode.commands.getCommands(true));
    const extension = vscode.extensions.getExtension('rangefinder.rangefinder');
    const { contributes } = extension?.packageJSON as Contributions;
    const missing = contributes.commands.filter(({ command }) => !there.has(command));
    assert.deepEqual(missing, []);
    assert.ok(contributes.commands.length >= 25);
  });

  it('opens a model by command, as the explorer does', async () => {
    await run('rangefinder.openDiagnostics', file('net.onnx'));
    const { models } = await api();
    await until('it is read', () => models.active?.state);
  });

  it('follows the editor in front', async () => {
    const net = await open('net.onnx');
    const other = await open('other.onnx');
    const { models } = await api();
    await until('the second model is active', () => models.active === other);
    await vscode.window.showTextDocument(file('notes.txt'));
    await until('no model is active', () => models.active === undefined);
    assert.equal(models.shown, other);
    await run('vscode.openWith', net.uri, 'rangefinder.model');
    await until('the first model is active', () => models.active === net);
  });

  it('draws the model, and its buttons work', async function () {
    if (!hasBridge) return this.skip();
    const document = await open('net.onnx');
    await page('see', { text: 'net.onnx' });
    await page('see', { text: 'depthwise' });
    await page('screenshot', { name: 'model.png' });
    await run('rangefinder.foldBatchNorms');
    await untilDirty(document);
    await page('screenshot', { name: 'folded.png' });
  });

  it('draws again what was hidden', async function () {
    if (!hasBridge) return this.skip();
    await open('net.onnx');
    await page('see', { text: 'depthwise' });
    await vscode.window.showTextDocument(file('notes.txt'));
    await run('vscode.openWith', file('net.onnx'), 'rangefinder.model');
    await page('see', { text: 'depthwise' });
  });

  it('chooses a target by quick pick', async function () {
    if (!hasBridge) return this.skip();
    const document = await open('net.onnx');
    const choosing = run('rangefinder.chooseTarget');
    await page('pick', { text: 'Granularity' });
    await page('pick', { text: 'Per tensor' });
    await choosing;
    assert.equal(document.state?.target.granularity, 'tensor');
    assert.equal(document.isDirty, false);
  });

  it('writes a report', async () => {
    await open('net.onnx');
    await run('rangefinder.showReport');
    const text = vscode.window.activeTextEditor?.document.getText() ?? '';
    assert.match(text, /^# net\.onnx/);
    assert.match(text, /depthwise/);
    await run('workbench.action.revertAndCloseActiveEditor');
  });

  it('shows the sample, or says that it is not there', async () => {
    const sample = vscode.Uri.joinPath(
      vscode.extensions.getExtension('rangefinder.rangefinder')?.extensionUri ?? file('.'),
      'media/sample/sample.onnx',
    );
    const isThere = await vscode.workspace.fs.stat(sample).then(
      () => true,
      () => false,
    );
    if (!isThere) return;
    await run('rangefinder.openSample');
    const { models } = await api();
    const first = await until('it is in front', () => {
      return models.active?.name === 'sample.onnx' && models.active;
    });
    await until('it is read', () => first.state?.isComplete);
    await run('workbench.action.closeAllEditors');
    // As after a save: the copy is another file than the bundled one.
    await vscode.workspace.fs.writeFile(first.uri, readFileSync(file('net.onnx').fsPath));
    await run('rangefinder.openSample');
    const fresh = await until('a fresh copy is in front', () => {
      const { active } = models;
      return active?.name === 'sample.onnx' && active.uri.path !== first.uri.path && active;
    });
    const bytes = await vscode.workspace.fs.readFile(fresh.uri);
    assert.ok(Buffer.compare(bytes, await vscode.workspace.fs.readFile(sample)) === 0);
    await run('workbench.action.closeAllEditors');
  });
});
