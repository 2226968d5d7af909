import assert from 'node:assert/strict';
import type { Measured, MeasuredLayer, MeasuredRemedy } from '../../../server/session/measured.ts';
import { activationGrowth, biasedError } from '../../../server/toWire/errorFindings.ts';
import { outputRemedies } from '../../../server/toWire/outputRemedies.ts';

const layer = (more: Partial<MeasuredLayer>): MeasuredLayer => ({
  local: 30,
  weights: 30,
  activations: 40,
  soFar: 30,
  biasError: [0],
  worstSamples: [],
  ...more,
});
const ids = new Map([
  ['a', 1],
  ['b', 2],
]);
const remedy = (kind: MeasuredRemedy['kind'], db: number, more = {}): MeasuredRemedy => ({
  kind,
  db,
  outputDb: db - 1,
  ...more,
});
const scores = { quantized: { sqnrDb: 3, logits: { sqnrDb: 5 } } } as unknown as Measured['scores'];

describe('biasedError', () => {
  it('names the layers whose channels move by more than half a deviation, the worst first', () => {
    const now = {
      layers: {
        a: layer({ biasError: [0.6, -0.8] }),
        b: layer({ biasError: [-2, 1] }),
        c: layer({ biasError: [0.5, -0.5] }),
      },
    };
    const found = biasedError({ opened: now, now }, ids);
    assert.equal(found?.title, 'The mean output of 2 layers moves by more than 0.5 σ');
    assert.match(found.text, /Worst: b, 1\.50 σ/);
    assert.deepEqual(found.layers, [2, 1]);
  });

  it('is silent where no layer moves that far, and where nothing was measured', () => {
    const now = { layers: { a: layer({ biasError: [0.5] }) } };
    assert.equal(biasedError({ opened: now, now }, ids), undefined);
    assert.equal(biasedError({ opened: {}, now: {} }, ids), undefined);
  });
});

describe('activationGrowth', () => {
  it('compares with the file as opened, where the loss matters', () => {
    const opened = { layers: { a: layer({ activations: 23.1 }), b: layer({ activations: 60 }) } };
    const now = { layers: { a: layer({ activations: 15.9 }), b: layer({ activations: 35 }) } };
    const found = activationGrowth({ opened, now }, ids);
    assert.match(found?.text ?? '', /Worst: a\..* leaves 15\.9 dB of its output, 23\.1 as opened/);
    assert.deepEqual(found?.layers, [1], '35 dB of b are enough');
    assert.equal(activationGrowth({ opened: now, now }, ids), undefined, 'nothing has changed');
  });
});

describe('outputRemedies', () => {
  const remedies = [
    remedy('equalizeCorrect', 14.2, { top1: 0.5 }),
    remedy('equalize', 4),
    remedy('perChannel', 13.3, { target: { weightBits: 8 } }),
    remedy('moreBits', 9, { target: { weightBits: 16 } }),
  ];

  it('puts the best first, from what steps are judged by', () => {
    const found = outputRemedies({ scores, remedies } as Measured);
    assert.deepEqual(
      found?.map(({ label, fromDb, toDb }) => [label, fromDb, toDb]),
      [
        ['Equalize, then correct', 5, 14.2],
        ['Weights per channel', 5, 13.3],
        ['Weights of 16 bits', 5, 9],
        ['Equalize', 5, 4],
      ],
    );
    assert.deepEqual(found?.[0]?.steps, ['equalize', 'correct']);
    assert.equal(found?.at(-1)?.step, 'equalize');
    assert.equal(found?.at(-1)?.steps, undefined);
  });

  it('takes for a finding what its cause is', () => {
    const labels = (code: string): string[] | undefined =>
      outputRemedies({ scores, remedies } as Measured, code)?.map(({ label }) => label);
    assert.deepEqual(labels('biased-error'), ['Equalize, then correct']);
    assert.equal(labels('few-samples'), undefined);
    assert.equal(outputRemedies({ remedies }), undefined, 'nothing to start from');
  });
});
