import assert from 'node:assert/strict';
import type { FindingRow, ModelState } from '../../../server/protocol/model.ts';
import { problemsOf, type ProblemLimits } from '../../../src/problems/problems.ts';
import { layerRow, modelState } from '../modelStates.ts';

const limits: ProblemLimits = { ignore: [], weakLayerDb: 20 };

const finding = (more: Partial<FindingRow>): FindingRow => ({
  code: 'uneven-channels',
  mark: 'hurts',
  title: '2 layers lose more than 10 dB',
  text: 'Why.',
  layers: [2],
  remedies: [],
  ...more,
});

const alone = (db: number) => ({
  now: { local: 30, weights: 30, activations: 30, soFar: 30, alone: db },
});

describe('problemsOf', () => {
  it('names each weak layer with its number, the limit and the way out, worst first', () => {
    const remedies = [
      { label: 'Equalize', step: 'equalize' as const, fromDb: 6.6, toDb: 12, isMeasured: true },
      { label: 'Weights per channel', fromDb: 6.6, toDb: 36.7, isMeasured: true },
      { label: 'Weights of 16 bits', fromDb: 6.6, toDb: 80, isMeasured: false },
    ];
    const state = modelState({
      layers: [layerRow(1, 'fine', 37), layerRow(3, 'a', 15.5), layerRow(2, 'b', 6.64)],
      findings: [finding({ code: 'weak-layer', remedies })],
    });
    assert.deepEqual(
      problemsOf(state, limits).map(({ code, severity, message }) => [code, severity, message]),
      [
        [
          'weak-layer',
          'warning',
          'b: 6.6 dB from rounding its weights (limit 20). Weights per channel: 36.7 instead of 6.6 dB of the weights.',
        ],
        ['weak-layer', 'warning', 'a: 15.5 dB from rounding its weights (limit 20).'],
      ],
    );
    assert.deepEqual(problemsOf(state, limits)[0]?.remedies, [
      { label: 'Equalize', gain: '12.0 instead of 6.6 dB of the weights', steps: ['equalize'] },
    ]);
  });

  it('gives a layer its own figures where a finding has the worst of several', () => {
    const { target } = modelState();
    const shared = { fromDb: 6.6, isMeasured: true } as const;
    const remedies = [
      { ...shared, label: 'Weights per channel', target, toDb: 30 },
      { ...shared, label: 'Equalize', step: 'equalize' as const, toDb: 12 },
    ];
    const own = { ...layerRow(3, 'b', 15.5).now, sqnrChannel: 41.2 };
    const state = modelState({
      layers: [layerRow(2, 'a', 6.6), layerRow(3, 'b', 15.5, { now: own })],
      findings: [finding({ code: 'weak-layer', layers: [2, 3], remedies })],
    });
    const second = problemsOf(state, limits).find(({ layer }) => layer === 'b');
    assert.equal(
      second?.message,
      'b: 15.5 dB from rounding its weights (limit 20). Weights per channel: 41.2 instead of 15.5 dB of the weights.',
    );
    assert.deepEqual(
      second.remedies.map(({ label, gain }) => [label, gain]),
      [
        ['Weights per channel', '41.2 instead of 15.5 dB of the weights'],
        ['Equalize', '12.0 instead of 6.6 dB of the weights, the lowest of 2 layers'],
      ],
    );
  });

  it('offers the best remedy first, none that harms, and none of another fault that helps nothing', () => {
    const target = modelState().target;
    const measured = { fromDb: 6.6, isMeasured: true } as const;
    const weak = [
      { label: 'Absorb', step: 'absorb' as const, ...measured, toDb: 5 },
      { label: 'Correct', step: 'correct' as const, ...measured, toDb: 6.6, isMeasured: false },
      { label: 'Equalize', step: 'equalize' as const, ...measured, toDb: 12 },
      { label: 'Weights per channel', target, ...measured, toDb: 36.7 },
    ];
    const fold = [{ label: 'Fold', step: 'fold' as const, ...measured, toDb: 6.6 }];
    const state = modelState({
      layers: [layerRow(2, 'b', 6.6)],
      findings: [
        finding({ code: 'unfolded-batch-norm', remedies: fold }),
        finding({ code: 'weak-layer', remedies: weak }),
      ],
    });
    const [first, second] = problemsOf(state, limits);
    assert.deepEqual(
      first?.remedies.map(({ label }) => label),
      ['Weights per channel', 'Equalize', 'Correct'],
    );
    assert.deepEqual(
      second?.remedies.map(({ label }) => label),
      ['Fold'],
    );
  });

  it('goes by samples where a layer was measured alone', () => {
    const layers = [
      layerRow(1, 'bad', 37, { data: alone(15.5) }),
      layerRow(2, 'good', 6, { data: alone(40) }),
    ];
    assert.deepEqual(
      problemsOf(modelState({ layers }), limits).map(({ message }) => message),
      ['bad: 15.5 dB of the outputs with only this layer quantized (limit 20).'],
    );
  });

  it('names logits where that is what was measured, in the remedy too', () => {
    const logits = { state: 'now', title: '', sqnrDb: 9, logitsSqnrDb: 12 } as const;
    const evaluation = { rows: [logits] } as unknown as NonNullable<ModelState['evaluation']>;
    const better = { label: 'More', fromDb: 2, toDb: 9, isMeasured: true, of: 'logits' } as const;
    const layers = [layerRow(2, 'bad', 37, { data: alone(15.5) })];
    const findings = [finding({ code: 'weak-layer', remedies: [better] })];
    assert.deepEqual(
      problemsOf(modelState({ layers, findings, evaluation }), limits).map(
        ({ message }) => message,
      ),
      [
        'bad: 15.5 dB of the logits with only this layer quantized (limit 20). More: 9.0 instead of 2.0 dB of the logits.',
      ],
    );
  });

  it('goes by the error of the layer itself, as its mark does, until each was measured alone', () => {
    const own = (local: number) => ({ now: { local, weights: 30, activations: 30, soFar: 30 } });
    const layers = [
      layerRow(1, 'bad', 37, { data: own(12.5) }),
      layerRow(2, 'good', 6, { data: own(40) }),
      layerRow(3, 'unknown', 6, { data: own('nan' as never) }),
    ];
    assert.deepEqual(
      problemsOf(modelState({ layers }), limits).map(({ message }) => message),
      [
        'unknown: 6.0 dB from rounding its weights (limit 20).',
        'bad: 12.5 dB of its own output with only this layer quantized (limit 20).',
      ],
    );
  });

  it('takes thresholds and ignored codes', () => {
    const state = modelState({
      findings: [finding({}), finding({ code: 'not-finite', title: 'NaN' })],
    });
    const codes = (more: Partial<ProblemLimits>): string[] =>
      problemsOf(state, { ...limits, ...more }).map(({ code }) => code);
    assert.deepEqual(codes({}), ['not-finite', 'weak-layer', 'uneven-channels']);
    assert.deepEqual(codes({ weakLayerDb: 40 }), [
      'not-finite',
      'weak-layer',
      'weak-layer',
      'uneven-channels',
    ]);
    assert.deepEqual(codes({ weakLayerDb: 0 }), ['not-finite', 'uneven-channels']);
    assert.deepEqual(codes({ ignore: ['weak-layer', 'uneven-channels'] }), ['not-finite']);
  });

  it('grades by what it means', () => {
    const findings = [
      finding({ code: 'not-finite' }),
      finding({ mark: 'watch' }),
      finding({ code: 'relu6-in-set', mark: 'fine' }),
    ];
    assert.deepEqual(
      problemsOf(modelState({ layers: [], findings }), limits).map(({ severity }) => severity),
      ['error', 'information'],
    );
  });

  it('counts the layers beyond fifty, and leaves out what is not measured', () => {
    const layers = Array.from({ length: 61 }, (_, id) =>
      layerRow(id, `l${id}`, id / 10, { isMeasured: id > 0 }),
    );
    const found = problemsOf(modelState({ layers }), limits);
    assert.equal(found.length, 51);
    assert.equal(found.at(-1)?.message, '10 more layers keep less than 20 dB.');
  });
});
