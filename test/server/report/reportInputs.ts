import type { ReportInput } from '../../../server/report/reportInput.ts';
import { figures, layerRow, modelState } from '../../src/modelStates.ts';

/** A name that would do harm in a page that does not escape: markup, quotes, and turned text. */
export const hostile = `"><script>alert('1')</script><img src=x onerror=alert(2)>\u202Efdp.\u0000&amp;`;

/** A report with something in every section; give what matters to the test. */
export function reportInput(more: Partial<ReportInput> = {}): ReportInput {
  const { file, kind, target, targetLabel } = modelState();
  return {
    file,
    kind,
    target,
    targetLabel,
    layers: [
      layerRow(1, 'first', 37, { before: figures(12.5) }),
      layerRow(2, hostile, 6.64, {
        mark: 'hurts',
        data: {
          now: {
            activation: { min: -1.5, max: 6 },
            local: 18.2,
            weights: 31,
            activations: 'inf',
            soFar: 28,
            alone: 6.6,
            allButThis: 20,
          },
        },
      }),
      layerRow(3, 'broken', 'nan', { fault: 'holds NaN', mark: 'hurts' }),
    ],
    findings: [
      {
        code: 'weak-layer',
        mark: 'hurts',
        title: '1 layer keeps less than 20 dB',
        text: `Worst: ${hostile}.`,
        layers: [2],
        remedies: [
          { label: 'Equalize', step: 'equalize', fromDb: 6.6, toDb: 30.3, isMeasured: true },
          { label: 'Worse', fromDb: 6.6, toDb: 1, isMeasured: true, of: 'outputs', top1: 0.5 },
          { label: 'Unknown', fromDb: 6.6, toDb: 6.6, isMeasured: false },
        ],
      },
    ],
    ledger: [
      place('refused', 'first → second', 'A value between them is an output.'),
      place('refused', 'third → fourth', 'A value between them is an output.'),
      place('done', hostile, 'Pair, exact.'),
    ],
    proofs: [
      {
        step: 'Equalize',
        exercised: true,
        exact: true,
        maxAbs: 2e-6,
        maxRel: 8e-7,
        tolerance: 1e-4,
        samples: 4,
        source: 'synthetic, seed 1',
        values: [{ name: hostile, kind: 'output', maxAbs: 2e-6, maxRel: 8e-7 }],
        activeChannels: 10,
        changedChannels: 12,
      },
    ],
    proofWords: 'Float still computes the same: 1 step of 1 exact.',
    encodings: [],
    issues: [{ code: 'few-samples', severity: 'warning', message: '40 samples say little.' }],
    verdict: 'Top-1 on 40 samples: float 55.0 %, quantized now 50.0 %.',
    madeBy: 'rangefinder repair',
    version: '1.2.3',
    changes: [{ label: 'Equalize 14 sets', note: 'exact' }],
    isPreview: false,
    origin: {
      madeAt: '2026-11-22T10:03:12+01:00',
      files: [
        { name: hostile, role: 'model', sizeBytes: 2048, sha256: '0123456789abcdef'.repeat(4) },
        { name: 'w.bin', role: 'weights' },
      ],
      isUnsaved: true,
      isChangedOnDisk: false,
    },
    seed: 7,
    indices: { calibration: [], judge: [24, 25, 26] },
    settings: [{ name: 'Engine', value: 'none' }],
    evaluation: {
      rows: [
        { state: 'float', title: 'Float', top1: 0.55, interval: [0.4, 0.69], agreement: 1 },
        { state: 'opened', title: 'Quantized, as opened', top1: 0, agreement: 0, sqnrDb: -0.2 },
        {
          state: 'now',
          title: 'Quantized, now',
          top1: 0.5,
          interval: [0.352, 0.648],
          agreement: 0.8,
          sqnrDb: 14.2,
          cosine: 0.98,
          mse: 0.01,
        },
      ],
      samples: 40,
      source: 'imagenet-a',
      isSynthetic: false,
      targetLabel: 'W8 A8 · per tensor',
      paired: { onlyNow: 20, onlyOpened: 0, p: 1.9e-6 },
      notes: ['More samples would say more.'],
      worstSamples: [{ index: 3, sqnrDb: 1.5 }],
      isStale: false,
    },
    repair: {
      summary: 'Output SQNR rose.',
      rows: [
        {
          title: 'Equalize',
          isKept: true,
          beforeDb: -0.2,
          afterDb: 14.2,
          movedBy: 2e-6,
          text: 'Ok.',
        },
        { title: 'Absorb', isKept: false, text: 'Gains nothing.' },
      ],
    },
    ...more,
  };
}

const place = (
  outcome: 'refused' | 'done',
  at: string,
  why: string,
): ReportInput['ledger'][number] => ({
  outcome,
  step: 'Equalize',
  place: at,
  layers: [],
  channels: '1',
  code: 'graph-output',
  why,
  unblock: '',
});
