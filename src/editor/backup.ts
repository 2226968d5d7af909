import * as vscode from 'vscode';
import type { ChangeLog } from '../../server/protocol/requests.ts';

/** Writes the change log where VS Code wants the backup. */
export async function writeBackup(
  log: ChangeLog,
  destination: vscode.Uri,
): Promise<vscode.CustomDocumentBackup> {
  const bytes = new TextEncoder().encode(JSON.stringify(log));
  await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(destination, '..'));
  await vscode.workspace.fs.writeFile(destination, bytes);
  const remove = async (): Promise<void> => {
    try {
      await vscode.workspace.fs.delete(destination);
    } catch {
      // Gone already: that is what was wanted.
    }
  };
  return { id: destination.toString(), delete: () => void remove() };
}

/** The change log of a backup; undefined where it is gone or is not one. */
export async function readBackup(id: string): Promise<ChangeLog | undefined> {
  try {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.parse(id));
    return asLog(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}

/** The value as a change log, where it has what one must have. */
export function asLog(value: unknown): ChangeLog | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, uri, fileHash, changes } = value as Partial<Record<keyof ChangeLog, unknown>>;
  const isLog =
    version === 1 &&
    typeof uri === 'string' &&
    typeof fileHash === 'string' &&
    Array.isArray(changes);
  return isLog ? (value as ChangeLog) : undefined; // each field was looked at on the lines before
}
