/** States of the bundled sample at the target of README and demo, for their pictures. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { layoutGraph, type GraphLayout } from '../../server/protocol/graph.ts';
import type { LayerRow, ModelState } from '../../server/protocol/model.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { perTensor } from '../kit/target.ts';
import type { RealState } from './realStates.ts';
import { ServerClient } from './serverClient.ts';

const root = join(import.meta.dirname, '../..');
const sample = join(root, 'media/sample/sample.onnx');
const samples = join(root, 'media/sample/samples.npz');

/** A state with the picture of its graph. */
export interface DrawnState extends RealState {
  readonly layout?: GraphLayout;
}

type SampleState = 'opened' | 'preview' | 'repaired' | 'quantized';

/**
 * The sample measured, with its graph; as *Repair* would leave it, and as it does; and quantized by
 * the command line. `choose`: the layer that is explained.
 */
export async function sampleStates(
  choose: (rows: readonly LayerRow[]) => LayerRow | undefined = worst,
): Promise<Readonly<Record<SampleState, DrawnState>>> {
  const server = await ServerClient.start();
  const explained = async (name: string, model: ModelState): Promise<RealState> => {
    const { uri, revision } = model;
    const layer = choose(model.layers)?.id;
    const asked = layer === undefined ? undefined : { uri, revision, layer };
    const cockpit = asked && (await server.ask(rpc.describeLayer, asked));
    return { name, model, cockpit };
  };
  try {
    const opened = await measured(server, sample);
    const { uri, revision } = opened;
    const own = await explained('opened', opened);
    const layout = await server.ask(layoutGraph, { uri, revision, view: 'layers' });
    const shown = await server.settled(await server.ask(rpc.previewRepair, { uri, revision }));
    const preview = await explained('preview', shown);
    const kept = await server.ask(rpc.discardPreview, { uri, revision: shown.revision });
    const { state } = await server.ask(rpc.repairModel, { uri, revision: kept.revision });
    const wish = { uri, revision: state.revision, sensitivity: true };
    const repaired = await server.settled(await server.ask(rpc.measureModel, wish));
    return {
      opened: { ...own, layout },
      preview,
      repaired: await explained('repaired', repaired),
      quantized: { name: 'quantized', model: await quantized(server), cockpit: undefined },
    };
  } finally {
    server.dispose();
  }
}

const worst = (rows: readonly LayerRow[]): LayerRow | undefined =>
  rows.find((row) => row.mark === 'hurts') ?? rows[0];

/** What README and demo name: 8 bits, one scale a tensor. */
const tensorInt8: TargetSettings = { ...perTensor, profile: 'tensor-int8' };

async function measured(server: ServerClient, path: string): Promise<ModelState> {
  const uri = pathToFileURL(path).toString();
  const opened = await server.ask(rpc.openModel, { uri, target: tensorInt8 });
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
  const model = await server.settled(await server.ask(rpc.openModel, { uri, target: tensorInt8 }));
  rmSync(scratch, { recursive: true });
  return model;
}
