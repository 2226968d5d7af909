import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { createEngine } from './createEngine.ts';
import { serve } from './serve.ts';

/** The language server: one connection, over the process's IPC channel or standard streams. */
const connection = createConnection(ProposedFeatures.all);
serve(connection, {
  createEngine: (log, { engine = 'auto', threads, nativeFolders = [] }) =>
    createEngine({ engine, threads, nativeFolders, log }),
});
connection.listen();
