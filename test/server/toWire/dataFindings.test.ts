import assert from 'node:assert/strict';
import type { Layer } from '../../../server/core/graph/layer.ts';
import type { Measured, MeasuredLayer } from '../../../server/session/measured.ts';
import type { Measurement } from '../../../server/session/measurer.ts';
import { dataFindings } from '../../../server/toWire/dataFindings.ts';

const layer = (local: number, more: Partial<MeasuredLayer> = {}): MeasuredLayer => ({
  local,
  weights: 30,
  activations: 40,
  soFar: 30,
  biasError: [0],
  worstSamples: [],
  ...more,
});
const layers = ['a', 'b', 'c'].map((name, id) => ({ name, node: { id } })) as unknown as Layer[];
const scores = (logits?: object): NonNullable<Measured['scores']> =>
  ({ samples: 40, quantized: { sqnrDb: 3, ...(logits ? { logits } : {}) } }) as never;

/** The finding about weak layers, of a model that is as it was opened. */
function weakIn(now: Measured) {
  const indices = { calibration: new Array(20), correction: new Array(20), judge: new Array(40) };
  const measurement = { now, opened: now, data: { indices, samples: { count: 80 } } };
  const rows = dataFindings(measurement as unknown as Measurement, layers);
  return rows.find(({ code }) => code === 'weak-layer');
}

describe('weak layers by samples', () => {
  const alone = (db: number): { alone: number; allButThis: number } => ({
    alone: db,
    allButThis: 0,
  });

  it('names what the outputs lose by each alone, worst first', () => {
    const sensitivity = { a: alone(19), b: alone(2.14), c: alone(20) };
    const found = weakIn({ sensitivity, layers: { b: layer(9) }, scores: scores() });
    assert.equal(
      found?.title,
      'Quantized alone, each of 2 layers leaves the outputs less than 20 dB',
    );
    assert.equal(
      found.text,
      'Worst: b, 2.1 dB. SQNR of its own output: 30.0 dB with only its weights rounded, 40.0 dB with only its activations rounded.',
    );
    assert.deepEqual(found.layers, [1, 0]);
  });

  it('calls logits logits', () => {
    const found = weakIn({ sensitivity: { a: alone(1) }, scores: scores({ sqnrDb: 5 }) });
    assert.equal(found?.title, 'Quantized alone, 1 layer leaves the logits less than 20 dB');
    assert.equal(found.text, 'Worst: a, 1.0 dB.');
  });

  it('goes by the own output of layers while none was measured alone, as their marks do', () => {
    const found = weakIn({
      layers: { a: layer(19.9), b: layer(25), c: layer(3, { weights: Infinity }) },
      scores: scores(),
    });
    assert.equal(found?.title, '2 layers keep less than 20 dB of their own output');
    assert.equal(
      found.text,
      'Worst: c, 3.0 dB with only this layer quantized. Measure each layer alone to see what that costs the outputs.',
    );
    assert.deepEqual(found.layers, [2, 0]);
    assert.deepEqual(found.remedies, []);
  });

  it('is silent where no layer is weak, and while nothing is measured', () => {
    const fine = { layers: { a: layer(5) }, sensitivity: { a: alone(30) }, scores: scores() };
    assert.equal(weakIn(fine), undefined);
    assert.equal(weakIn({ scores: scores() }), undefined);
  });

  it('offers the worst in float as a target, as it was measured there', () => {
    const target = { weightBits: 8, exceptions: [{ layer: 'a', weightBits: 'float' }] } as never;
    const found = weakIn({
      sensitivity: { a: alone(1) },
      scores: scores({ sqnrDb: -0.4 }),
      remedies: [{ kind: 'leaveFloat', layer: 'a', target, db: 1.3, outputDb: 1, top1: 0.455 }],
    });
    assert.deepEqual(found?.remedies, [
      {
        label: 'Leave a in float',
        target,
        fromDb: -0.4,
        toDb: 1.3,
        isMeasured: true,
        of: 'logits',
        top1: 0.455,
      },
    ]);
  });
});

describe('a float network at chance', () => {
  const found = (right: number, preprocessing?: object) => {
    const isRight = Array.from({ length: 40 }, (_, i) => i < right);
    const own = scores() as object;
    const now = { scores: { ...own, float: { top1: right / 40, isRight } } } as unknown as Measured;
    const indices = { calibration: new Array(20), correction: new Array(20), judge: new Array(40) };
    const data = { indices, samples: { count: 80 }, classCount: 10, preprocessing };
    const rows = dataFindings({ now, opened: now, data } as unknown as Measurement, layers);
    return rows.find(({ code }) => code === 'float-at-chance');
  };

  it('is said first of all, with the guess that is probably wrong', () => {
    const words = 'pixels from 0 to 1, as most Keras models take them';
    assert.match(
      found(4, { words, isGuess: true })?.text ?? '',
      /right on 4 of 40 .*was only guessed: pixels from 0 to 1, .* take them\. Set "preprocess"/,
    );
    assert.match(found(4)?.text ?? '', /probably not what the network was trained on/);
  });

  it('is not said of one that works', () => {
    assert.equal(found(36, { words: 'x', isGuess: true }), undefined);
  });
});
