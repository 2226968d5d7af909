import type { Uri } from 'vscode';
import { URI } from 'vscode-uri';

/** The address of a file as VS Code has it; its own class is not there outside of it. */
export function fileUri(path: string): Uri {
  const uri: unknown = URI.file(path);
  return uri as Uri;
}
