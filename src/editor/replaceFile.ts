import * as vscode from 'vscode';

/**
 * Writes a file beside its place and moves it there when it is whole, on whatever disk it is.
 * Throws what the disk says, and leaves nothing behind then.
 */
export async function replaceFile(to: vscode.Uri, bytes: Uint8Array): Promise<void> {
  const { fs } = vscode.workspace;
  const folder = vscode.Uri.joinPath(to, '..');
  // Writing would make the folders that are missing, which nobody asked for.
  await fs.stat(folder);
  const name = to.path.slice(to.path.lastIndexOf('/') + 1);
  const beside = vscode.Uri.joinPath(folder, `.${name}.${process.pid}.part`);
  try {
    await fs.writeFile(beside, bytes);
    await fs.rename(beside, to, { overwrite: true });
  } catch (thrown) {
    await fs.delete(beside).then(undefined, () => undefined);
    throw thrown;
  }
}
