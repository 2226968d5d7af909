import type {
  CockpitData,
  DataState,
  EvaluationRow,
  EvaluationState,
  LayerData,
  LayerDataFigures,
  RepairReport,
} from '../../server/protocol/data.ts';
import type { CockpitState } from '../../server/protocol/cockpit.ts';
import type { LayerRow, ModelState, RailStep, Remedy } from '../../server/protocol/model.ts';
import { Random } from '../kit/random.ts';
import { cockpitFor } from './fixtureStates.ts';
import { openedModel, repairedModel } from './fixtures.ts';

/** Samples as in the pictures of the design. */
const imagenet: DataState = {
  label: 'imagenet-a · 12 + 12 + 40, labelled',
  isSynthetic: false,
  hasLabels: true,
  counts: { calibration: 12, correction: 12, judge: 40 },
  preprocessing: {
    words: 'Resized to 256 and cropped to 224 × 224, RGB, values / 127.5 − 1.',
    isGuess: true,
  },
  notes: [],
  split: 'split as chosen',
  ranges: 'calibrate 0–11; correct 12–23; judge 24–63; no overlap',
};

/** Figures of a layer that are made up, the worse the earlier `db` says. */
const figuresOf = (
  db: number,
  depth: number,
  bias: number,
  hasAlone: boolean,
): LayerDataFigures => ({
  activation: { min: depth % 7 === 0 ? -13 : 0, max: 4 + 1.7 * (depth % 9) },
  local: db - 2,
  weights: db + 1,
  activations: db + 6 - (depth % 3) * 4,
  soFar: Math.max(-0.2, db - 4 - 0.6 * depth),
  ...(hasAlone ? { alone: db, allButThis: 15 + (depth % 4) } : {}),
  biasError: bias,
});

function dataOf(id: number, isRepaired: boolean, hasAlone: boolean): LayerData {
  const random = new Random(100 + id);
  const [a = 0.5, b = 0.5, c = 0.5] = random.uniform(3, 0, 1);
  const was = figuresOf(4 + 34 * a, id, 0.3 + 1.3 * b, hasAlone);
  if (!isRepaired) return { now: was };
  return { now: figuresOf(15 + 28 * c, id, 0.004 + 0.04 * a, hasAlone), before: was };
}

const withData = (rows: readonly LayerRow[], isRepaired: boolean, hasAlone: boolean): LayerRow[] =>
  rows.map((row) => {
    const data = dataOf(row.id, isRepaired, hasAlone);
    const db = Number(data.now.alone ?? data.now.local);
    return { ...row, mark: db < 20 ? 'hurts' : db < 28 ? 'watch' : 'fine', data };
  });

const evaluationOf = (isRepaired: boolean): EvaluationState => ({
  rows: [
    { state: 'float', title: 'Float', top1: 0.55, top5: 0.75, interval: [0.4, 0.69], agreement: 1 },
    {
      state: 'opened',
      title: 'Quantized, as opened',
      top1: 0,
      top5: 0.025,
      interval: [0, 0.088],
      agreement: 0,
      sqnrDb: -1.4,
      logitsSqnrDb: -0.2,
      cosine: 0.11,
      mse: 0.3,
    },
    isRepaired
      ? {
          state: 'now',
          title: 'Quantized, now',
          top1: 0.5,
          top5: 0.725,
          interval: [0.35, 0.65],
          agreement: 0.85,
          sqnrDb: 12.6,
          logitsSqnrDb: 14.2,
          cosine: 0.98,
          mse: 0.002,
        }
      : {
          state: 'now',
          title: 'Quantized, now',
          top1: 0,
          top5: 0.025,
          interval: [0, 0.088],
          agreement: 0,
          sqnrDb: -1.4,
          logitsSqnrDb: -0.2,
        },
    {
      state: 'other',
      title: 'Weights per channel',
      top1: 0.475,
      top5: 0.675,
      interval: [0.33, 0.63],
      agreement: 0.725,
      sqnrDb: 11.9,
      logitsSqnrDb: 13.3,
    },
    {
      state: 'other',
      title: 'Weights per channel, corrected',
      top1: 0.5,
      top5: 0.75,
      interval: [0.35, 0.65],
      agreement: 0.925,
      sqnrDb: 19.8,
      logitsSqnrDb: 21.6,
    },
  ],
  samples: 40,
  source: 'imagenet-a',
  isSynthetic: false,
  targetLabel: 'W8 A8 · per tensor · strict',
  paired: isRepaired
    ? { onlyNow: 20, onlyOpened: 0, p: 0.0000019 }
    : { onlyNow: 0, onlyOpened: 0, p: 1 },
  pairedFloat: isRepaired
    ? { onlyNow: 0, onlyFloat: 2, p: 0.5 }
    : { onlyNow: 0, onlyFloat: 22, p: 4.8e-7 },
  notes: [
    '40 samples decide top-1 to within 15.5 points; about 1,540 would decide it to within 2.5.',
  ],
  worstSamples: [{ index: 31, sqnrDb: 3.1 }],
  isStale: false,
});

const correctDone: RailStep = {
  id: 'correct',
  title: 'Correct',
  state: 'done',
  what: '28 layers corrected',
  gain: '4.0 → 14.2 dB',
  gainNote: 'Logits SQNR on the samples that judge, before and after this step.',
  isNext: false,
  buttons: ['changes'],
};
const correctOpen: RailStep = {
  ...correctDone,
  state: 'available',
  what: '28 layers available',
  gain: 'not measured',
  buttons: ['preview'],
};

const repairReport: RepairReport = {
  summary:
    'Logits SQNR rose from −0.2 dB to 14.2 dB on 40 samples of imagenet-a that served neither calibrating nor correcting, and chose among 44 ways of scaling; top-1 0.0 % → 50.0 % of 55.0 % in float.',
  of: 'logits',
  rows: [
    {
      title: 'Fold',
      isKept: true,
      beforeDb: -0.2,
      afterDb: -0.2,
      movedBy: 1.7e-6,
      text: 'Exact, and every target folds batch norms.',
    },
    {
      title: 'Equalize',
      isKept: true,
      beforeDb: 0.1,
      afterDb: 14.2,
      isWithCorrection: true,
      movedBy: 1e-6,
      text: 'Clearing and equalizing together: the best of 44 ways by Logits SQNR with the correction that follows on 40 samples: 0.1 dB → 14.2 dB (chance: ±1.1 dB).',
    },
    {
      title: 'Absorb',
      isKept: false,
      beforeDb: 14.2,
      afterDb: 13.3,
      isWithCorrection: true,
      movedBy: 0.0928,
      text: 'Logits SQNR with the correction that follows on 40 samples: 14.2 dB → 13.3 dB (chance: ±0.4 dB), no gain.',
    },
    {
      title: 'Correct',
      isKept: true,
      beforeDb: 4,
      afterDb: 14.2,
      text: 'Logits SQNR on 40 samples: 4.0 dB → 14.2 dB (chance: ±1.2 dB).',
    },
  ],
};

const remedy = (label: string, toDb: number, top1: number, step?: Remedy['step']): Remedy => ({
  label,
  fromDb: -0.2,
  toDb,
  isMeasured: true,
  of: 'outputs',
  top1,
  ...(step ? { step } : {}),
});

/** A model measured on samples, as opened or repaired; `hasAlone`: sensitivity too. */
export function measuredModel(isRepaired: boolean, hasAlone = true): ModelState {
  const base = isRepaired ? repairedModel() : openedModel();
  return {
    ...base,
    data: imagenet,
    evaluation: evaluationOf(isRepaired),
    verdict: [
      { text: 'Top-1 on 40 samples: float ' },
      { text: '55.0 %', tone: 'strong' },
      { text: ', quantized as opened ' },
      { text: '0.0 %', tone: 'bad' },
      ...(isRepaired
        ? [
            { text: ', quantized now ' } as const,
            { text: '50.0 %', tone: 'strong' } as const,
            { text: ' (95 % interval 35–65 %)', tone: 'dim' } as const,
            { text: '. Logits SQNR ' } as const,
            { text: '−0.2 dB → 14.2 dB', tone: 'strong' } as const,
          ]
        : [{ text: '. Logits SQNR ' }, { text: '−0.2 dB', tone: 'strong' } as const]),
      { text: '.' },
    ],
    steps: base.steps.map((step) =>
      step.id === 'correct' ? (isRepaired ? correctDone : correctOpen) : step,
    ),
    layers: withData(base.layers, isRepaired, hasAlone),
    findings: [
      ...base.findings,
      {
        code: 'biased-error',
        mark: 'hurts',
        title: 'The mean output of 22 layers moves by more than 0.5 σ',
        text: 'Rounding does not average out here. Worst: conv_pw_4, 1.55 σ over its channels. A bias can take the shift back at no cost at run time.',
        layers: [8, 12, 3, 11],
        remedies: [
          remedy('Correct biases only', 1.5, 0.1, 'correct'),
          remedy('Equalize, not cleared', -1.2, 0),
          remedy('Clear, equalize, correct', 14.2, 0.5, 'correct'),
        ],
      },
    ],
    ...(isRepaired
      ? {
          repair: repairReport,
          correction: {
            grid: 'W8 A8 · per tensor · strict',
            layers: 28,
            isSaved: false,
            words: 'net.onnx has corrected biases in 28 layers.',
            proposedName: 'mobilenet_v1_0.25_224.w8a8-tensor.onnx',
          },
          changes: [
            ...base.changes,
            { id: 3, step: 'correct' as const, label: 'Correct 28 layers', note: 'for its grid' },
          ],
        }
      : {}),
  };
}

/** Samples are chosen, and nothing is measured yet but is on the way. */
export const measuringModel = (): ModelState => ({
  ...openedModel(),
  data: imagenet,
  measuring: { detail: 'Calibrating 7 of 12 samples. Ranges fill in as they settle.', share: 0.3 },
});

/** Measured on inputs of a generator, and stopped; the figures are from before a change. */
export function syntheticModel(): ModelState {
  const model = measuredModel(true, false);
  return {
    ...model,
    data: {
      ...imagenet,
      label: 'synthetic, seed 1 · 4 + 4 + 8',
      isSynthetic: true,
      hasLabels: false,
    },
    stopped: 'Stopped after 7 of 12 samples.',
    evaluation: {
      ...evaluationOf(true),
      rows: evaluationOf(true).rows.map(withoutLabels),
      isSynthetic: true,
      isStale: true,
      source: 'synthetic, seed 1',
      notes: [
        'The inputs are synthetic: they say how much rounding disturbs, not how often it is wrong.',
      ],
    },
    correction: {
      grid: 'W8 A8 · per tensor · strict',
      layers: 28,
      isSaved: true,
      differs: 'made for per tensor, the chosen target is per channel',
      words: '',
      proposedName: '',
    },
  };
}

function withoutLabels(row: EvaluationRow): EvaluationRow {
  const { state, title, interval, agreement, sqnrDb } = row;
  return {
    state,
    title,
    ...(interval ? { interval } : {}),
    ...(agreement === undefined ? {} : { agreement }),
    ...(sqnrDb === undefined ? {} : { sqnrDb }),
  };
}

/** The cockpit of a layer with what samples say. */
export function measuredCockpit(
  layer: number,
  revision: number,
  isRepaired: boolean,
): CockpitState {
  const random = new Random(layer + 31);
  const before = [...random.normal(128, 0, 0.9)];
  const after = before.map((value) => value * 0.03);
  const counts = (width: number): number[] =>
    Array.from({ length: 128 }, (_, i) => Math.round(30_000 * Math.exp(-((i / width) ** 2))));
  const grid = { min: 0, max: 38.4, step: 38.4 / 255 };
  const data: CockpitData = {
    activations: {
      now: { min: 0, max: 44, counts: counts(30), grid },
      ...(isRepaired
        ? {
            before: { min: 0, max: 6, counts: counts(60), grid: { min: 0, max: 6, step: 6 / 255 } },
          }
        : {}),
    },
    biasError: isRepaired ? { now: after, before } : { now: before },
    worstSamples: [
      { index: 31, sqnrDb: 3.1 },
      { index: 7, sqnrDb: 4.9 },
      { index: 22, sqnrDb: 6 },
    ],
  };
  return { ...cockpitFor(layer, revision, isRepaired), data };
}
