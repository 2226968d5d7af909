import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CockpitState } from '../../server/protocol/cockpit.ts';
import type { LayerRow, ModelState, RunStepId } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import { ServerClient } from './serverClient.ts';

/** What the server really says of a model: as opened and repaired, with the layer that is worst. */
export interface RealState {
  readonly name: string;
  readonly model: ModelState;
  readonly cockpit: CockpitState | undefined;
}

const models = process.env['RANGEFINDER_MODELS'] ?? '../shared/models';
const wanted = [
  'stm32-mobilenetv2-05-128/mobilenet_v2_128_0.5.onnx',
  'ultralight-rfb320/version-RFB-320.onnx',
  'micro-kws-m/micro_kws_m_static_fp32.onnx',
  'micro-kws-m/micro_kws_m_static_qdq.onnx',
  'mobilenetv1-025-224-keras/mobilenet_v1_0.25_224.h5',
  'teachable-mobilenetv2/model.json',
];

/** Asks the built server; models that are not on this machine are left out. */
export async function realStates(target: TargetSettings): Promise<RealState[]> {
  const states: RealState[] = [];
  for (const path of wanted.map((file) => resolve(models, file)).filter((file) => existsSync(file)))
    states.push(...(await statesOf(path, target, { applied: ['fold', 'equalize'] })));
  return states;
}

/** The state as opened and after each of the stages, one on top of the other. */
export async function statesOf(
  path: string,
  target: TargetSettings,
  stages: Readonly<Record<string, readonly RunStepId[]>>,
  choose: (rows: readonly LayerRow[]) => LayerRow | undefined = worst,
  samples?: string,
): Promise<RealState[]> {
  const server = await ServerClient.start();
  const uri = pathToFileURL(path).toString();
  const settled = async (stage: string, reply: ModelState): Promise<RealState> => {
    const model = await server.settled(reply);
    const layer = model.kind === 'float' ? choose(model.layers) : undefined;
    const { revision } = model;
    const cockpit = layer
      ? await server.ask(rpc.describeLayer, { uri, revision, layer: layer.id })
      : undefined;
    return { name: `${basename(path, '.onnx')}-${stage}`, model, cockpit };
  };
  let opened = await server.ask(rpc.openModel, { uri, target });
  if (samples !== undefined) {
    const about = { uri, data: { path: resolve(samples) }, revision: opened.revision };
    opened = await server.ask(rpc.chooseData, about);
    const wish = { uri, revision: opened.revision, sensitivity: true };
    opened = await server.ask(rpc.measureModel, wish);
  }
  const states = [await settled('opened', opened)];
  for (const [stage, steps] of Object.entries(stages)) {
    const model = states.at(-1)?.model;
    if (model?.kind !== 'float') break;
    const { state } = await server.ask(rpc.applySteps, {
      uri,
      revision: model.revision,
      steps: steps.map((step) => ({ step })),
    });
    states.push(await settled(stage, state));
  }
  server.dispose();
  return states;
}

const worst = (rows: readonly LayerRow[]): LayerRow | undefined =>
  rows.find((row) => row.mark === 'hurts') ?? rows[0];
