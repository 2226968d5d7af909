import type { Uri } from 'vscode';
import { URI } from 'vscode-uri';

/** The address of a file as VS Code has it; its own class is not there outside of it. */
export const fileUri = (path: string): Uri => URI.file(path) as unknown as Uri;
