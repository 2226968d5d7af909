import * as vscode from 'vscode';
import { t } from './l10n.ts';

/** Shows the page about a finding that the extension brings, as Markdown is previewed. */
export async function openPage(extension: vscode.Uri, code: string): Promise<void> {
  if (!/^[a-z0-9-]+$/.test(code)) return;
  const page = vscode.Uri.joinPath(extension, 'docs', `${code}.md`);
  try {
    await vscode.workspace.fs.stat(page);
    await vscode.commands.executeCommand('markdown.showPreview', page);
  } catch {
    void vscode.window.showInformationMessage(t('There is no page about {0} yet.', code));
  }
}
