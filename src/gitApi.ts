import type { Uri } from 'vscode';

/** What is used of the exports of VS Code's own git extension (`vscode.git`, API 1). */
export interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

export interface GitApi {
  readonly state: 'uninitialized' | 'initialized';
  onDidChangeState(listener: (state: GitApi['state']) => void): { dispose(): void };
  getRepository(uri: Uri): GitRepository | null;
  /** The repository that a folder is in; older versions have it not. */
  openRepository?(folder: Uri): Promise<GitRepository | null>;
}

export interface GitRepository {
  readonly rootUri: Uri;
  getCommit(ref: string): Promise<GitCommit>;
  /** Newest first. */
  log(options: { readonly maxEntries: number; readonly path: string }): Promise<GitCommit[]>;
  /** The bytes of a file at a revision; an empty one is what is staged. */
  buffer(ref: string, path: string): Promise<Uint8Array>;
}

export interface GitCommit {
  readonly hash: string;
  readonly message: string;
  readonly authorName?: string;
  readonly authorDate?: Date;
  readonly commitDate?: Date;
}
