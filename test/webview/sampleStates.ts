/** States of the bundled sample that are more than steps on top of each other, for the pictures of the README. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { layoutGraph, type GraphLayout } from '../../server/protocol/graph.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { perTensor } from './fixtures.ts';
import type { RealState } from './realStates.ts';
import { ServerClient } from './serverClient.ts';

const root = join(import.meta.dirname, '../..');
const sample = join(root, 'media/sample/sample.onnx');
const samples = join(root, 'media/sample/samples.npz');

/** A state with the picture of its graph. */
export interface DrawnState extends RealState {
  readonly layout?: GraphLayout;
}

/** The sample measured, with its graph; as *Repair* would leave it; and quantized by the command line. */
export async function sampleStates(): Promise<
  Readonly<Record<'graph' | 'preview' | 'quantized', DrawnState>>
> {
  const server = await ServerClient.start();
  try {
    const opened = await measured(server, sample);
    const on = { uri: opened.uri, revision: opened.revision };
    const layout = await server.ask(layoutGraph, { ...on, view: 'layers' });
    const preview = await server.settled(await server.ask(rpc.previewRepair, on));
    const layer = preview.layers.find(({ before }) => before)?.id ?? 0;
    const shown = { uri: preview.uri, revision: preview.revision };
    const cockpit = await server.ask(rpc.describeLayer, { ...shown, layer });
    return {
      graph: { name: 'graph', model: opened, cockpit: undefined, layout },
      preview: { name: 'preview', model: preview, cockpit },
      quantized: { name: 'quantized', model: await quantized(server), cockpit: undefined },
    };
  } finally {
    server.dispose();
  }
}

async function measured(server: ServerClient, path: string): Promise<ModelState> {
  const uri = pathToFileURL(path).toString();
  const opened = await server.ask(rpc.openModel, { uri, target: perTensor });
  const data = { path: samples };
  const chosen = await server.ask(rpc.chooseData, { uri, revision: opened.revision, data });
  const wish = { uri, revision: chosen.revision, sensitivity: true };
  return server.settled(await server.ask(rpc.measureModel, wish));
}

async function quantized(server: ServerClient): Promise<ModelState> {
  const scratch = mkdtempSync(join(tmpdir(), 'rangefinder-pictures-'));
  const path = join(scratch, 'sample_qdq.onnx');
  const cli = ['dist/cli.js', 'export', sample, '--to', 'qdq', '--data', samples, '-o', path];
  if (spawnSync(process.execPath, cli, { cwd: root }).status !== 0)
    throw new Error('the sample could not be quantized; run: npm run build');
  const uri = pathToFileURL(path).toString();
  const model = await server.settled(await server.ask(rpc.openModel, { uri, target: perTensor }));
  rmSync(scratch, { recursive: true });
  return model;
}
