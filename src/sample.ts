import * as vscode from 'vscode';

/**
 * Copies the bundled sample into the extension's storage, where it may be changed, and gives the
 * model. A copy that is there already is used: the user may have saved corrections into it.
 */
export async function copySample(
  context: vscode.ExtensionContext,
): Promise<vscode.Uri | undefined> {
  const from = vscode.Uri.joinPath(context.extensionUri, 'media', 'sample');
  const to = vscode.Uri.joinPath(context.globalStorageUri, 'sample');
  const files = await list(from);
  if (!files.includes('sample.onnx')) return undefined;
  await vscode.workspace.fs.createDirectory(to);
  const there = await list(to);
  for (const file of files.filter((name) => !there.includes(name))) {
    await vscode.workspace.fs.copy(vscode.Uri.joinPath(from, file), vscode.Uri.joinPath(to, file));
  }
  return vscode.Uri.joinPath(to, 'sample.onnx');
}

async function list(folder: vscode.Uri): Promise<string[]> {
  try {
    const entries = await vscode.workspace.fs.readDirectory(folder);
    return entries.filter(([, type]) => type === vscode.FileType.File).map(([name]) => name);
  } catch {
    return [];
  }
}
