import * as vscode from 'vscode';

/**
 * Files of this machine that a drag names, as `text/uri-list` has them. In a remote window VS Code
 * names them by the remote; the extension runs there.
 */
export function droppedFiles(uris: readonly string[]): vscode.Uri[] {
  return uris.flatMap((text) => {
    const uri = vscode.Uri.parse(text.trim());
    if (uri.scheme === 'file') return [uri];
    return uri.scheme === 'vscode-remote' ? [vscode.Uri.file(uri.path)] : [];
  });
}
