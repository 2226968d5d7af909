import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { closeAll, file, until } from './window.ts';

// The first of the files by name: those that follow activate the extension themselves.
describe('a window in which no model was opened', () => {
  const folder = file('cold');
  const settings = vscode.Uri.joinPath(folder, 'rangefinder.json');
  const isActive = (): boolean =>
    vscode.extensions.getExtension('rangefinder.rangefinder')?.isActive ?? false;

  before(() => {
    mkdirSync(folder.fsPath, { recursive: true });
    writeFileSync(settings.fsPath, '{ "judge": "9..3" }\n');
  });
  after(async () => {
    await closeAll();
    rmSync(folder.fsPath, { recursive: true, force: true });
  });

  it('marks what is wrong in a settings file of any folder', async () => {
    await vscode.commands.executeCommand('vscode.open', settings);
    await until('the extension is active', isActive);
    await until('the fault is shown', () =>
      vscode.languages.getDiagnostics(settings).some(({ source }) => source === 'Rangefinder'),
    );
  });
});
