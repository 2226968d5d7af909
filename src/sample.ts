import * as vscode from 'vscode';

/**
 * Copies the bundled sample into the extension's storage, where it may be changed, and gives the
 * model. A copy that is there already is used while it is as it came; one into which corrections were
 * saved stays, and a fresh one is put beside it.
 */
export async function copySample(
  context: vscode.ExtensionContext,
): Promise<vscode.Uri | undefined> {
  const from = vscode.Uri.joinPath(context.extensionUri, 'media', 'sample');
  const files = await list(from);
  if (!files.includes(model)) return undefined;
  const to = await freshFolder(context.globalStorageUri, vscode.Uri.joinPath(from, model));
  await vscode.workspace.fs.createDirectory(to);
  const there = await list(to);
  for (const file of files.filter((name) => !there.includes(name))) {
    await vscode.workspace.fs.copy(vscode.Uri.joinPath(from, file), vscode.Uri.joinPath(to, file));
  }
  return vscode.Uri.joinPath(to, model);
}

const model = 'sample.onnx';

/** The first folder, `sample`, `sample-2` and so on, whose model is the bundled one or not there yet. */
async function freshFolder(storage: vscode.Uri, bundled: vscode.Uri): Promise<vscode.Uri> {
  const bytes = await vscode.workspace.fs.readFile(bundled);
  for (let number = 1; ; number++) {
    const folder = vscode.Uri.joinPath(storage, number === 1 ? 'sample' : `sample-${number}`);
    if (!(await list(folder)).includes(model)) return folder;
    const there = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, model));
    if (Buffer.compare(there, bytes) === 0) return folder;
  }
}

async function list(folder: vscode.Uri): Promise<string[]> {
  try {
    const entries = await vscode.workspace.fs.readDirectory(folder);
    return entries.filter(([, type]) => type === vscode.FileType.File).map(([name]) => name);
  } catch {
    return [];
  }
}
