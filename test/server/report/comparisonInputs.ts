import type { ComparedPair, ComparisonInput } from '../../../server/report/comparisonInput.ts';
import { hostile, reportInput } from './reportInputs.ts';

/** A layer that both models have; give what matters to the test. */
export const comparedPair = (name: string, more: Partial<ComparedPair> = {}): ComparedPair => ({
  name,
  operator: 'Conv 3×3',
  match: 'name',
  change: 'rescaled',
  first: 4.5,
  second: 24.5,
  gain: 20,
  apart: -3.2,
  maxAbs: 1.5,
  weights: 25,
  activations: 30,
  holds: 'weights',
  ...more,
});

/** A comparison with something in every section, of strangers' names. */
export function comparisonInput(more: Partial<ComparisonInput> = {}): ComparisonInput {
  const { target, targetLabel, file, seed, version, issues, settings, origin } = reportInput();
  const side = { file, isQuantized: false, isFloat: false };
  return {
    sides: [
      { ...side, title: 'old.onnx', head: 'old.onnx', words: 'top-1 0.0 %' },
      { ...side, title: hostile, head: 'new.onnx', words: 'top-1 50.0 %' },
    ],
    figure: 'soFar',
    pairs: [
      comparedPair('first', { change: 'same', gain: 0, first: 30, second: 30, apart: 'inf' }),
      comparedPair(hostile, { otherName: `${hostile}2`, match: 'weights', output: 12.25 }),
      comparedPair('worse', { first: 31, second: 28, gain: -3, holds: 'both' }),
    ],
    unmatched: { first: ['gone'], second: [hostile] },
    words: 'So far, on 40 samples · 3 of 4 layers matched',
    remarks: ['old.onnx is rounded for the same target.'],
    evaluation: {
      rows: [
        { state: 'float', title: 'Float', top1: 0.55, interval: [0.4, 0.69], agreement: 1 },
        {
          state: 'first',
          title: 'old.onnx',
          top1: 0,
          interval: [0, 0.09],
          agreement: 0,
          sqnrDb: -0.2,
          logitsSqnrDb: -1,
        },
        {
          state: 'second',
          title: hostile,
          top1: 0.5,
          interval: [0.352, 0.648],
          agreement: 0.8,
          sqnrDb: 14.2,
          logitsSqnrDb: 12,
          cosine: 0.98,
          mse: 0.01,
        },
      ],
      samples: 40,
      source: 'imagenet-a',
      isSynthetic: false,
      paired: { onlyFirst: 1, onlySecond: 20, p: 1.9e-5 },
    },
    target,
    targetLabel,
    verdict: 'The second keeps more of what float computes.',
    seed,
    ...(origin ? { origin } : {}),
    settings,
    issues,
    madeBy: 'rangefinder compare',
    version,
    isPreview: false,
    ...more,
  };
}
