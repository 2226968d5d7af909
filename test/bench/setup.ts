import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { Graph } from '../../server/core/graph/graph.ts';
import { noJob } from '../../server/core/job.ts';
import type { ModelDocument } from '../../server/formats/format.ts';
import { openDocument } from '../../server/formats/index.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { runPass } from '../../server/runSteps.ts';

/** The engine's process as one file, as the product has it. */
export function bundledChild(): string {
  const outfile = join(__dirname, `engine.${process.pid}.child.cjs`);
  buildSync({
    entryPoints: ['server/engines/onnxruntime/child.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['onnxruntime-node'],
  });
  process.once('exit', () => rmSync(outfile, { force: true }));
  return outfile;
}

/** A network with its batch norms folded, as a file that is open until `close`. */
export async function openFolded(
  made: Graph,
): Promise<{ readonly path: string; readonly document: ModelDocument; close(): void }> {
  const path = join(__dirname, `folded.${process.pid}.onnx`);
  const folded = await runPass(made, 'fold', {}, noJob);
  writeFileSync(path, encodeGraph(folded.graph, []));
  const opened = await openDocument(path, noJob);
  if (!opened.ok) throw new Error(opened.error.message);
  const document = opened.value;
  const close = (): void => {
    document.dispose();
    rmSync(path, { force: true });
  };
  return { path, document, close };
}
