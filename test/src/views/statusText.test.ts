import assert from 'node:assert/strict';
import type { EvaluationState } from '../../../server/protocol/data.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import { statusText } from '../../../src/views/statusText.ts';
import { modelState } from '../modelStates.ts';

const score = { opened: 1, now: 31.2, layer: 'a' };
const judged = (
  now: object,
  { isStale = false, isSynthetic = false } = {},
): { evaluation: EvaluationState } => ({
  evaluation: {
    rows: [
      { state: 'opened', title: '', sqnrDb: -0.2, top1: 0 },
      { state: 'now', title: '', ...now },
    ],
    samples: 40,
    source: 'a',
    isSynthetic,
    targetLabel: '',
    notes: [],
    worstSamples: [],
    isStale,
  },
});

describe('statusText', () => {
  const preview = { title: 'Preview', steps: [] };
  const cases: readonly (readonly [Partial<ModelState>, string])[] = [
    [{}, 'W8 A8 per channel'],
    [{ score }, 'W8 A8 per channel: 31.2 dB'],
    [{ score, preview }, 'W8 A8 per channel, preview'],
    [{ score, ...judged({ sqnrDb: 14.2, top1: 0.5 }) }, 'W8 A8 per channel: 14.2 dB, 50.0 %'],
    [{ ...judged({ sqnrDb: 14.2, logitsSqnrDb: 12 }) }, 'W8 A8 per channel: 12.0 dB'],
    [
      { ...judged({ sqnrDb: 14.2, agreement: 0.25 }) },
      'W8 A8 per channel: 14.2 dB, 25.0 % as float',
    ],
    [
      judged({ sqnrDb: -0.2, agreement: 0 }, { isSynthetic: true }),
      'W8 A8 per channel: −0.2 dB, 0.0 % as float, synthetic',
    ],
    [judged({ sqnrDb: -0.2 }, { isSynthetic: true }), 'W8 A8 per channel: −0.2 dB, synthetic'],
    [
      { score, ...judged({ sqnrDb: 14.2, top1: 0.5 }, { isStale: true }) },
      'W8 A8 per channel: 31.2 dB',
    ],
  ];
  for (const [state, text] of cases) {
    it(text, () => assert.equal(statusText(modelState(state)), text));
  }
});
