import { asRestricted } from '../../src/editor/restricted.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import type { Tab, ToPanel } from '../../server/protocol/panel.ts';
import { manyLayers } from './fixtureLayers.ts';
import {
  cockpitFor,
  longNamedModel,
  noLayersModel,
  oneLayerModel,
  quantizedModel,
  undoneModel,
  unfinishedModel,
} from './fixtureStates.ts';
import { openedModel, previewedModel, repairedModel } from './fixtures.ts';
import { measuredCockpit, measuredModel, measuringModel, syntheticModel } from './fixtureData.ts';
import { recordedModel } from './fixtureRecord.ts';
import {
  nothingView,
  refusedView,
  revisionView,
  statesView,
  weightsView,
} from './fixtureCompare.ts';
import {
  alikeView,
  endlessCockpit,
  endlessModel,
  healthyOnSamples,
  perChannelCockpit,
  perChannelModel,
} from './fixtureExtremes.ts';
import { layoutFor } from './graphFixtures.ts';
import type { OpenPanel } from './harness.ts';

/** Widths and heights that pictures are taken in. */
export const sizes = [
  [1400, 900],
  [900, 700],
  [480, 800],
] as const;

/** A screen of the model page: what the host has told it, and what was done then. */
export interface Scene {
  readonly model?: ModelState;
  readonly tab?: Tab;
  readonly layer?: number;
  readonly messages?: readonly ToPanel[];
  readonly everyTheme?: boolean;
  /** The cockpit has what samples say. */
  readonly isMeasured?: boolean;
  /** What is done before the picture is taken. */
  readonly after?: (panel: OpenPanel) => Promise<void>;
  readonly sizes?: readonly (readonly [number, number])[];
}

const fault = {
  code: 'truncated',
  message: 'The file ends in the middle of initializer "conv_pw_3/weights".',
  offset: 10_234_112,
  where: 'graph.initializer[14]',
  remedy: 'Copy or export the file again.',
};

/** A picture of 2 × 2 pixels, as a server sends it. */
const seenSample = {
  index: 0,
  label: 207,
  picture:
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP4z8DAAMIM/xkYGBj+AwAT5gP9n7m2mgAAAABJRU5ErkJggg==',
  channels: [
    { min: -1, max: 0.99, mean: -0.12 },
    { min: -1, max: 0.98, mean: -0.2 },
    { min: -0.98, max: 1, mean: 0.03 },
  ],
  words: 'n02099601/dog.jpg, 500 × 375, resized to 256 and cropped to 224 × 224.',
};

/** Every screen of the page: pictures are taken of them, and they are held to be accessible. */
export const scenes: Readonly<Record<string, Scene>> = {
  opened: { model: openedModel(), layer: 25, everyTheme: true },
  repaired: { model: repairedModel(), layer: 25, everyTheme: true },
  measured: { model: measuredModel(true), layer: 25, isMeasured: true, everyTheme: true },
  'measured-opened': { model: measuredModel(false, false), layer: 25, isMeasured: true },
  'measured-findings': { model: measuredModel(false), tab: 'findings', everyTheme: true },
  'measured-proof': { model: measuredModel(true), tab: 'proof', everyTheme: true },
  'compare-revision': {
    model: measuredModel(true),
    tab: 'compare',
    messages: [{ type: 'comparison', comparison: revisionView() }],
    everyTheme: true,
  },
  'compare-states': {
    model: measuredModel(true),
    tab: 'compare',
    messages: [{ type: 'comparison', comparison: statesView() }],
    everyTheme: true,
  },
  'compare-quantized': { model: quantizedModel(), tab: 'compare' },
  'compare-weights': {
    model: openedModel(),
    tab: 'compare',
    messages: [{ type: 'comparison', comparison: weightsView(openedModel()) }],
  },
  'compare-opened': { model: openedModel(), tab: 'compare' },
  'compare-nothing': {
    model: openedModel(),
    tab: 'compare',
    messages: [{ type: 'comparison', comparison: nothingView(openedModel()) }],
  },
  'compare-refused': {
    model: openedModel(),
    tab: 'compare',
    messages: [{ type: 'comparison', comparison: refusedView }],
  },
  'measured-compare': { model: measuredModel(true), tab: 'compare', everyTheme: true },
  measuring: { model: measuringModel(), everyTheme: true },
  synthetic: { model: syntheticModel(), layer: 25, isMeasured: true, everyTheme: true },
  'synthetic-proof': { model: syntheticModel(), tab: 'proof' },
  sample: {
    model: measuredModel(true),
    everyTheme: true,
    after: async (panel) => {
      await panel.page.click('.look');
      await panel.settle();
      await panel.send({ type: 'sample', sample: seenSample });
    },
  },
  cockpit: {
    model: measuredModel(true),
    layer: 25,
    isMeasured: true,
    everyTheme: true,
    after: (panel) =>
      panel.page.evaluate(() => document.querySelector('.cockpit')?.scrollTo(0, 2000)),
  },
  preview: { model: previewedModel(), layer: 5 },
  findings: { model: openedModel(), tab: 'findings', everyTheme: true },
  graph: {
    model: openedModel(),
    tab: 'graph',
    messages: [{ type: 'graph', layout: layoutFor() }],
    everyTheme: true,
  },
  ledger: { model: repairedModel(), tab: 'ledger', everyTheme: true },
  proof: { model: repairedModel(), tab: 'proof', everyTheme: true },
  noproof: { model: openedModel(), tab: 'proof' },
  'recorded-proof': { model: recordedModel(), tab: 'proof', everyTheme: true },
  quantized: { model: quantizedModel(), everyTheme: true },
  nolayers: { model: noLayersModel() },
  unfinished: {
    model: unfinishedModel(),
    messages: [
      {
        type: 'busy',
        job: {
          title: 'Measuring weights',
          detail: '21 of 28 layers. Numbers fill in worst first.',
          share: 0.75,
        },
      },
    ],
  },
  failed: { model: openedModel(), messages: [{ type: 'failed', title: 'Fold failed', fault }] },
  changed: {
    model: repairedModel(),
    messages: [
      { type: 'changedOnDisk' },
      { type: 'stopped', text: 'Stopped after 7 of 12 layers. What was measured stays.' },
    ],
  },
  opening: {},
  'opening-busy': {
    messages: [{ type: 'busy', job: { title: 'Reading', detail: 'net.onnx' } }],
    sizes: [[480, 800]],
  },
  healthy: { model: { ...openedModel(), findings: [] }, tab: 'findings' },
  'other-grid': {
    model: {
      ...measuredModel(true),
      correction: {
        grid: 'W8 A8 · per tensor',
        layers: 28,
        isSaved: true,
        differs: 'made for 4-bit weights, the chosen target is 8-bit weights',
        words: '',
        proposedName: '',
      },
    },
    sizes: [[1400, 900]],
  },
  'graph-waiting': { model: openedModel(), tab: 'graph' },
  'graph-failed': {
    model: openedModel(),
    tab: 'graph',
    messages: [{ type: 'graph', fault }],
  },
  unsupported: {
    messages: [
      {
        type: 'unreadable',
        name: 'kws_ref_model_float32.tflite',
        fault: {
          code: 'not-supported-yet',
          message:
            'kws_ref_model_float32.tflite is a TensorFlow Lite model; ONNX, Keras HDF5, Keras 3 and TensorFlow.js models can be opened.',
          where: 'kws_ref_model_float32.tflite',
          remedy: 'Export the model as ONNX and open that file.',
        },
      },
    ],
    sizes: [sizes[0], sizes[2]],
    everyTheme: true,
  },
  'no-engine': {
    model: openedModel(),
    messages: [
      {
        type: 'failed',
        title: 'Measuring failed',
        fault: {
          code: 'no-engine',
          message: 'There is no engine here that runs a model on samples.',
          remedy: 'Weights are measured and corrected without one; the log says why it is missing.',
        },
      },
    ],
    sizes: [sizes[0], sizes[2]],
    everyTheme: true,
  },
  untrusted: {
    model: asRestricted(openedModel()),
    sizes: [sizes[0], sizes[2]],
    everyTheme: true,
  },
  stopped: {
    model: { ...measuredModel(false, false), stopped: 'Stopped after 7 of 12 samples.' },
    layer: 25,
    isMeasured: true,
    sizes: [sizes[0], sizes[2]],
    everyTheme: true,
  },
  'long-names': { model: longNamedModel(), layer: 25, sizes: [sizes[0], sizes[2]] },
  'long-findings': { model: longNamedModel(), tab: 'findings', sizes: [sizes[0], sizes[2]] },
  channel: {
    model: perChannelModel(),
    layer: 25,
    messages: [{ type: 'cockpit', cockpit: perChannelCockpit(25) }],
    sizes: [sizes[0], sizes[2]],
    everyTheme: true,
  },
  'channel-weak': { model: perChannelModel(24.3), sizes: [sizes[0], sizes[2]] },
  'channel-healthy': { model: healthyOnSamples(), sizes, everyTheme: true },
  outdated: {
    model: previewedModel(),
    messages: [{ type: 'state', state: { ...perChannelModel(), revision: 3 }, isDirty: false }],
    sizes: [sizes[0], sizes[2]],
    everyTheme: true,
  },
  'compare-alike': {
    model: measuredModel(true),
    tab: 'compare',
    messages: [{ type: 'comparison', comparison: alikeView() }],
    everyTheme: true,
  },
  ...Object.fromEntries(
    (['layers', 'graph', 'findings', 'ledger', 'compare'] as const).map((tab): [string, Scene] => [
      `endless-${tab}`,
      {
        model: endlessModel(),
        tab,
        layer: 25,
        messages: [
          { type: 'cockpit', cockpit: endlessCockpit(25, endlessModel().revision) },
          { type: 'graph', layout: layoutFor(endlessModel().layers) },
          ...(tab === 'compare'
            ? [{ type: 'comparison', comparison: revisionView(endlessModel()) } as const]
            : []),
        ],
        sizes: [sizes[0], sizes[2]],
      },
    ]),
  ),
  'one-layer': { model: oneLayerModel(), sizes: [sizes[0], sizes[2]] },
  unreadable: {
    messages: [{ type: 'unreadable', name: 'broken.onnx', fault }],
    everyTheme: true,
  },
  many: { model: { ...openedModel(), layers: manyLayers(10_000) } },
  reading: {
    model: repairedModel(),
    layer: 25,
    sizes: [[1400, 900]],
    everyTheme: true,
    after: async (panel) => {
      await panel.page.hover('.strips', { position: { x: 120, y: 150 } });
    },
  },
  undone: {
    model: undoneModel(),
    layer: 25,
    sizes: [...sizes, [1022, 800], [1022, 560], [640, 560], [700, 900], [420, 560]],
  },
  nomatch: {
    model: openedModel(),
    sizes: [[480, 800]],
    after: async ({ page }) => {
      await page.keyboard.press('/');
      await page.keyboard.type('xy');
    },
  },
  'step-menu': {
    model: openedModel(),
    sizes: [[480, 800]],
    after: ({ page }) => page.click('.steps button.step:has-text("Fold")'),
  },
  menu: {
    model: openedModel(),
    sizes: [[1400, 900]],
    after: (panel) => panel.page.click('.rows .row >> nth=3', { button: 'right' }),
  },
  sort: {
    model: openedModel(),
    everyTheme: true,
    sizes: [sizes[0], sizes[2]],
    after: async (panel) => {
      await panel.page.click('vscode-single-select');
      await panel.page.keyboard.press('ArrowDown');
    },
  },
  low: {
    model: openedModel(),
    layer: 25,
    sizes: [
      [1000, 480],
      [640, 600],
      [380, 600],
    ],
  },
  noset: { model: repairedModel(), layer: 27 },
};

/** Brings an open page to the scene. */
export async function show(panel: OpenPanel, scene: Scene): Promise<void> {
  const { model, layer, tab } = scene;
  if (model) await panel.send({ type: 'state', state: model, isDirty: model.changes.length > 0 });
  if (layer !== undefined) {
    await panel.send({ type: 'reveal', layer });
    const revision = model?.revision ?? 1;
    const describe = scene.isMeasured ? measuredCockpit : cockpitFor;
    if (!scene.messages)
      await panel.send({
        type: 'cockpit',
        cockpit: describe(layer, revision, revision > 1),
      });
  }
  if (tab) await panel.send({ type: 'showTab', tab });
  for (const message of scene.messages ?? []) await panel.send(message);
  await panel.settle();
  if (!scene.after) return;
  await scene.after(panel);
  await panel.settle();
}
