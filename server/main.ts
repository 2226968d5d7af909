import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { createOnnxRuntimeEngine } from './engines/onnxruntime/onnxRuntime.ts';
import { serve } from './serve.ts';

/** The language server: one connection, over the process's IPC channel or standard streams. */
const connection = createConnection(ProposedFeatures.all);
serve(connection, {
  createEngine: (log, threads) => {
    const childPath = engineChild();
    return createOnnxRuntimeEngine(threads ? { childPath, log, threads } : { childPath, log });
  },
});
connection.listen();

/** The engine's process: beside the bundle, or its source when run from source. */
function engineChild(): string {
  const bundled = join(__dirname, 'engine.js');
  return existsSync(bundled) ? bundled : join(__dirname, 'engines/onnxruntime/child.ts');
}
