/** Counterparts of the design's pictures from the running product, into test/out/counterparts: run by `.scripts/screenshots.mjs counterparts`. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import type { Comparison } from '../../server/protocol/compare.ts';
import { compareModels } from '../../server/protocol/compare.ts';
import type { DataChoice } from '../../server/protocol/data.ts';
import { layoutGraph, type GraphLayout } from '../../server/protocol/graph.ts';
import type { CockpitState } from '../../server/protocol/cockpit.ts';
import type { ModelState, RunStepId } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import { perTensor } from './fixtures.ts';
import type { OpenPanel } from './harness.ts';
import type { Scene } from './scenes.ts';
import { ServerClient } from './serverClient.ts';

const root = join(import.meta.dirname, '../..');
const models = process.env['RANGEFINDER_MODELS'] ?? join(root, '../shared/models');
const data = process.env['RANGEFINDER_DATA'] ?? join(root, '../shared/data');
const scratch = join(root, 'test/out/counterparts');
const sample = join(root, 'media/sample/sample.onnx');
const target: TargetSettings = { ...perTensor, activationRange: 'minmax' };

/** A state of the model, and why of one of its layers. */
interface Looked {
  readonly model: ModelState;
  readonly cockpit: CockpitState;
}

/** What the server said of the models in the pictures. */
interface Said {
  readonly bare: Looked;
  readonly preview: Looked;
  readonly opened: ModelState;
  readonly repaired: Looked;
  readonly comparison: Comparison;
  readonly branched: { readonly model: ModelState; readonly layout: GraphLayout };
  readonly quantized: ModelState;
}

/** Scenes by the name of the design's picture; real models where they are, else the bundled sample. */
export async function counterparts(): Promise<Readonly<Record<string, Scene>>> {
  const { bare, preview, opened, repaired, comparison, branched, quantized } = await said();
  const sizes = [
    [1400, 900],
    [480, 900],
  ] as const;
  const common = { everyTheme: true, sizes, after: useFont } as const;
  const kinds = ['opened', 'now'] as const;
  const titles = { opened: 'Quantized, as opened', now: 'Quantized, now' };
  const [first, second] = kinds.map((kind) => ({ kind, title: titles[kind] }));
  if (!first || !second) throw new Error('a comparison has two sides');
  const view = {
    sides: [first, second],
    result: comparison,
    isBusy: false,
    isStale: false,
  } as const;
  return {
    '01-layers': { ...common, ...layersOf(repaired) },
    '02-preview': { ...common, ...layersOf(preview) },
    '03-layers-no-data': { ...common, ...layersOf(bare) },
    '05-findings': { ...common, model: opened, tab: 'findings' },
    '06-graph': {
      ...common,
      model: branched.model,
      tab: 'graph',
      messages: [{ type: 'graph', layout: branched.layout }],
    },
    '07-ledger': { ...common, model: repaired.model, tab: 'ledger' },
    '08-compare': {
      ...common,
      model: repaired.model,
      tab: 'compare',
      messages: [{ type: 'comparison', comparison: view }],
    },
    '09-proof': { ...common, model: repaired.model, tab: 'proof' },
    '11-quantized': { ...common, model: quantized },
  };
}

/** The Layers tab with what the server says of the worst layer beside it. */
const layersOf = ({ model, cockpit }: Looked): Scene => ({
  model,
  layer: cockpit.layer,
  messages: [{ type: 'cockpit', cockpit }],
});

/** The font of the design's pictures, as far as this machine has it. */
async function useFont({ page }: OpenPanel): Promise<void> {
  await page.evaluate(
    (family) => document.documentElement.style.setProperty('--vscode-font-family', family),
    '"Segoe UI", "Open Sans", "Noto Sans", system-ui, sans-serif',
  );
  await page.waitForTimeout(100);
}

/** Asked once for each build of the server: measuring takes minutes. */
async function said(): Promise<Said> {
  mkdirSync(scratch, { recursive: true });
  const kept = join(scratch, 'states.json');
  const parts = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.mjs'));
  const build = spawnSync('sha256sum', parts, { cwd: join(root, 'dist') }).stdout.toString();
  if (existsSync(kept)) {
    const { of, said: before } = JSON.parse(readFileSync(kept, 'utf8')) as {
      of: string;
      said: Said;
    };
    if (of === build || process.env['RANGEFINDER_KEEP_SAID']) return before;
  }
  const server = await ServerClient.start();
  const fresh: Said = {
    ...(await classified(server)),
    branched: await laidOut(server),
    quantized: await inspected(server),
  };
  server.dispose();
  writeFileSync(kept, JSON.stringify({ of: build, said: fresh }));
  return fresh;
}

/** A classifier on labelled samples: as opened, repaired, and both side by side. */
async function classified(server: ServerClient): Promise<Omit<Said, 'branched' | 'quantized'>> {
  const { path, choice } = classifier();
  const fresh = await server.ask(rpc.openModel, { uri: pathToFileURL(path).toString(), target });
  const bare = await looked(server, await server.settled(fresh));
  const opened = await measured(server, path, choice);
  const { uri, revision } = opened;
  const steps = (['fold', 'equalize', 'correct'] satisfies RunStepId[]).map((step) => ({ step }));
  const shown = await server.ask(rpc.previewSteps, { uri, revision, steps });
  const preview = await looked(server, await server.settled(shown));
  const about = { uri, revision: preview.model.revision };
  const { revision: back } = await server.ask(rpc.discardPreview, about);
  const reply = await server.ask(rpc.repairModel, { uri, revision: back });
  const again = await server.settled(reply.state);
  const wish = { uri, revision: again.revision, sensitivity: true };
  const repaired = await server.settled(await server.ask(rpc.measureModel, wish));
  const comparison = await server.ask(compareModels, {
    uri,
    revision: repaired.revision,
    sides: [{ kind: 'opened' }, { kind: 'now' }],
  });
  return { bare, preview, opened, repaired: await looked(server, repaired), comparison };
}

/** The state with why of the layer of the design's pictures, or of the first one. */
async function looked(server: ServerClient, model: ModelState): Promise<Looked> {
  const row = model.layers.find(({ name }) => name.endsWith('conv_dw_13')) ?? model.layers[0];
  if (!row) throw new Error(`${model.file.name} has no layers`);
  const { uri, revision } = model;
  const cockpit = await server.ask(rpc.describeLayer, { uri, revision, layer: row.id });
  return { model, cockpit };
}

async function measured(
  server: ServerClient,
  path: string,
  choice: DataChoice,
): Promise<ModelState> {
  const uri = pathToFileURL(path).toString();
  const { revision } = await server.ask(rpc.openModel, { uri, target });
  const chosen = await server.ask(rpc.chooseData, { uri, revision, data: choice });
  const wish = { uri, revision: chosen.revision, sensitivity: true };
  return server.settled(await server.ask(rpc.measureModel, wish));
}

function classifier(): { readonly path: string; readonly choice: DataChoice } {
  const keras = join(models, 'mobilenetv1-025-224-keras/mobilenet_v1_0.25_224.h5');
  const pictures = join(data, 'imagenet-a');
  if (!existsSync(keras) || !existsSync(pictures))
    return { path: sample, choice: { path: join(dirname(sample), 'samples.npz') } };
  const path = join(scratch, 'mobilenet_v1_0.25_224.onnx');
  const cli = ['dist/cli.js', 'export', keras, '--to', 'onnx', '-o', path, '--force'];
  if (spawnSync(process.execPath, cli, { cwd: root }).status !== 0)
    throw new Error('the Keras model could not be exported; run: npm run build');
  const samples = linked(join(pictures, 'data.u8'), 'imagenet-a.u8');
  const labels = join(scratch, 'imagenet-a.txt');
  const bytes = readFileSync(join(pictures, 'labels.u16'));
  writeFileSync(labels, Array.from(new Uint16Array(new Uint8Array(bytes).buffer)).join('\n'));
  return {
    path,
    choice: {
      path: samples,
      labels,
      preprocess: { scale: 1 / 127.5, mean: 1 },
      calibration: '0..12',
      correction: '12..24',
      judge: '24..64',
    },
  };
}

/** A name of its own for samples whose file is called like all others. */
function linked(path: string, name: string): string {
  const link = join(scratch, name);
  rmSync(link, { force: true });
  symlinkSync(resolve(path), link);
  return link;
}

/** A network with branches. */
async function laidOut(server: ServerClient): Promise<Said['branched']> {
  const real = join(models, 'ultralight-rfb320/version-RFB-320.onnx');
  const uri = pathToFileURL(existsSync(real) ? real : sample).toString();
  const model = await server.settled(await server.ask(rpc.openModel, { uri, target }));
  const layout = await server.ask(layoutGraph, { uri, revision: model.revision, view: 'layers' });
  return { model, layout };
}

/** What a byte of the features stands for, as their description has it. */
const featureScale = 0.10171568393707275;

/** A quantized model on samples that its input was not calibrated for. */
async function inspected(server: ServerClient): Promise<ModelState> {
  const real = join(models, 'micro-kws-m/micro_kws_m_static_qdq.onnx');
  const sound = join(data, 'micro-speech-features/data.u8');
  if (existsSync(real) && existsSync(sound)) {
    const path = join(scratch, 'micro-speech-features.f32');
    writeFileSync(
      path,
      Float32Array.from(readFileSync(sound), (byte) => byte * featureScale),
    );
    return measured(server, real, { path });
  }
  const path = join(scratch, `${basename(sample, '.onnx')}_qdq.onnx`);
  const samples = join(dirname(sample), 'samples.npz');
  const cli = [
    'dist/cli.js',
    'export',
    sample,
    '--to',
    'qdq',
    '--data',
    samples,
    '-o',
    path,
    '--force',
  ];
  if (spawnSync(process.execPath, cli, { cwd: root }).status !== 0)
    throw new Error('the sample could not be quantized; run: npm run build');
  return measured(server, path, { path: samples });
}
