import type {
  CockpitSet,
  CockpitState,
  LevelHistogram,
  Strip,
} from '../../server/protocol/cockpit.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import { seriesOf } from '../../webview/kit/charts/setGeometry.ts';
import { Random } from '../kit/random.ts';
import { mobileNetLayers, type MadeLayers } from './fixtureLayers.ts';
import { openedModel } from './fixtures.ts';

const made = mobileNetLayers(true);

/** What the server says of one layer of the network like MobileNet. */
export function cockpitFor(layer: number, revision: number, isRepaired: boolean): CockpitState {
  const row = made.rows[layer];
  const depthwise = layer % 2 === 1 && layer > 0;
  const members = depthwise
    ? [layer - 1, layer, layer + 1]
    : [layer, layer + 1].filter((id) => id < 28);
  const one = drawn('Set 2', stripsOf(made, members, layer, isRepaired));
  const second = [layer, Math.min(27, layer + 1)];
  const two = drawn('Set 3', stripsOf(made, second, layer, isRepaired));
  return {
    revision,
    layer,
    cause: [
      { text: `${isRepaired ? 'As opened: the' : 'The'} widest channel is 171× the median. ` },
      { text: '53 of 256 channels', tone: 'bad' },
      {
        text: ' lie below half a step and round to 0. One scale per channel would give 46.6 instead of 22.7 dB.',
      },
    ],
    ...(isRepaired ? { now: [{ text: 'Now: spread 9.4×, weights 31.2 dB, was 22.7 dB.' }] } : {}),
    actions: isRepaired
      ? [{ kind: 'undoLayer', label: 'Undo for this layer', note: '' }]
      : [
          {
            kind: 'previewSet',
            label: 'Preview equalizing this set',
            note: 'weights 22.7 → 31.2 dB',
          },
        ],
    sets:
      layer === 27
        ? [drawn('Own', stripsOf(made, [27], 27, isRepaired))]
        : layer % 5 === 0
          ? [one, two]
          : [one],
    ...(layer === 27 ? { noSet: 'In no set: nothing reads its channels.' } : {}),
    levels: { now: levels(isRepaired ? 30 : 6), ...(isRepaired ? { before: levels(6) } : {}) },
    statistics: {
      min: -7.17,
      max: 6.2,
      mean: 0.0021,
      std: 0.412,
      kurtosis: isRepaired ? 4.1 : 61.3,
    },
  };

  function drawn(title: string, strips: readonly Strip[]): CockpitSet {
    const channels = Math.max(...strips.map((one) => seriesOf(one).length));
    return { title, strips, channels, isBinned: false };
  }

  function stripsOf(
    layers: MadeLayers,
    ids: readonly number[],
    own: number,
    isAfter: boolean,
  ): Strip[] {
    const base = layers.channels.get(own);
    const count = Math.min(row?.channels ?? 8, 256);
    return ids.flatMap((id, i): Strip[] => {
      const random = new Random(id + 1);
      const wobble = [...random.uniform(count, 0.5, 1.6)];
      const before = (base?.before ?? [])
        .slice(0, count)
        .map((v, c) => (i === 1 ? v : 0.6 * (wobble[c] ?? 1)));
      const after = (base?.after ?? [])
        .slice(0, count)
        .map((v, c) => v * (0.8 + 0.3 * (wobble[c] ?? 1)));
      const now = isAfter ? after : before;
      const range: Strip = {
        kind: 'range',
        layer: id,
        name: layers.rows[id]?.name ?? '',
        role: i < ids.length - 1 || ids.length === 1 ? 'makes' : 'reads',
        now: now.map((v, c) => (c % 41 === 7 ? 0 : v)),
        ...(isAfter ? { before } : {}),
        halfStep: Math.max(...now) / 254,
        dead: now.flatMap((_, c) => (c % 41 === 7 ? [c] : [])),
      };
      const factor = before.map((v, c) =>
        i === 0 ? (wobble[c] ?? 1) : Math.sqrt(v / (after[c] ?? 1)),
      );
      const between: Strip = {
        kind: 'factor',
        name: `scale factor ${i + 1}`,
        factor,
        isApplied: isAfter,
      };
      return i < ids.length - 1 ? [range, between] : [range];
    });
  }
}

/** A bell of weights over the levels of 8 bits; `width` in levels. */
function levels(width: number): LevelHistogram {
  const counts = Array.from({ length: 255 }, (_, i) =>
    Math.round(4000 * Math.exp(-(((i - 127) / width) ** 2) / 2)),
  );
  counts[0] = 1;
  counts[254] = 2;
  const all = counts.reduce((a, b) => a + b, 0);
  return { low: -127, high: 127, counts, step: 0.0565, zeroShare: (counts[127] ?? 0) / all };
}

/** A file that is quantized already. */
export function quantizedModel(): ModelState {
  const names = [
    'serving_default_input',
    'conv2d/Relu',
    'max_pooling2d/MaxPool',
    'conv2d_1/Relu',
    'dense',
    'dense/Relu',
    'Softmax',
  ];
  const scales = [0.039103, 0.0414604, 0.0414604, 0.114756, 0.0189747, 0.0138497, 0.00392157];
  const zeros = [0, -128, -128, -128, -38, -128, -128];
  return {
    ...openedModel(),
    kind: 'quantized',
    file: {
      name: 'micro_kws_m_static_qdq.onnx',
      label: 'ONNX 15',
      sizeBytes: 47_600,
      nodeCount: 60,
      parameterCount: 22_144,
      inputs: ['1×1×49×10'],
      outputs: ['1×12'],
    },
    verdict: [
      { text: 'Quantized already.', tone: 'strong' },
      { text: ' It can be inspected; corrections need the float weights.' },
    ],
    steps: [],
    layers: [],
    findings: [
      {
        code: 'already-quantized',
        mark: 'watch',
        title: 'This model is quantized already',
        text: 'It holds 16 QuantizeLinear and 28 DequantizeLinear nodes. What rounding took cannot be brought back.',
        layers: [],
        remedies: [],
      },
    ],
    ledger: [],
    encodings: names.map((tensor, i) => {
      const [scale, zeroPoint] = [scales[i] ?? 1, zeros[i] ?? 0];
      return {
        tensor,
        type: 'int8',
        scale,
        zeroPoint,
        count: i === 3 ? 32 : 1,
        min: (-128 - zeroPoint) * scale,
        max: (127 - zeroPoint) * scale,
        ...(i === 0 ? { samples: { min: -4.2, max: 25.4 } } : {}),
      };
    }),
  };
}

/** A model with nothing to measure. */
export const noLayersModel = (): ModelState => ({
  ...openedModel(),
  kind: 'no-layers',
  verdict: [
    { text: 'No layer with constant float weights', tone: 'strong' },
    { text: ' was found: there is nothing to measure and nothing to correct.' },
  ],
  steps: [],
  layers: [],
  findings: [],
  ledger: [],
  issues: [
    {
      code: 'custom-operator',
      severity: 'warning',
      message: 'Node "Fancy" of com.acme cannot be run.',
      where: 'node 12',
    },
  ],
});

/** A model of which two layers cannot be measured and some are not measured yet. */
export function unfinishedModel(): ModelState {
  const opened = openedModel();
  const layers = opened.layers.map((row, i) =>
    i === 4
      ? { ...row, fault: '3 weights are NaN', mark: 'hurts' as const }
      : i > 20
        ? { ...row, isMeasured: false }
        : row,
  );
  return {
    ...opened,
    layers,
    isComplete: false,
    verdict: [{ text: 'Measuring the weights: 21 of 28 layers.' }],
  };
}

/** Layers with names as some exporters make them: up to 200 characters. */
export function longNamedModel(): ModelState {
  const model = openedModel();
  const path = 'MobilenetV1/MobilenetV1/Conv2d_13_pointwise/BatchNorm/FusedBatchNormV3;';
  const layers = model.layers.map((row, i) => ({
    ...row,
    name: `${i % 2 === 0 ? '' : 'tower_b/'}${path}MobilenetV1/Conv2d_0/${'Relu6;'.repeat(14)}${row.name}/Conv2D`.slice(
      -200,
    ),
  }));
  const name = `${'a_model_with_a_long_name_'.repeat(4)}int8_candidate.onnx`;
  return { ...model, layers, file: { ...model.file, name } };
}

/** A network of a single layer. */
export function oneLayerModel(): ModelState {
  const model = openedModel();
  return { ...model, layers: model.layers.slice(0, 1), findings: [] };
}

/** Saved after Repair, then undone: every step, Save and Repair have buttons at once. */
export function undoneModel(): ModelState {
  const model = openedModel();
  return {
    ...model,
    steps: model.steps.map((step) => {
      if (step.id === 'equalize') return { ...step, buttons: ['preview', 'apply'] };
      if (step.id !== 'save') return step;
      const buttons = ['save', 'saveAs'] as const;
      return { ...step, state: 'available', what: '1 change not saved', gain: 'Ctrl+S', buttons };
    }),
  };
}
