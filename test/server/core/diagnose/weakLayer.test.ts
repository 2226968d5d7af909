import assert from 'node:assert/strict';
import { remedyGains } from '../../../../server/core/diagnose/remedies.ts';
import { noJob } from '../../../../server/core/job.ts';
import { defaultTarget } from '../../../../server/core/quant/targets.ts';
import { chain, even, find, inputOf, perTensor } from '../../../kit/diagnosing.ts';

describe('outlier-weights and weak-layer', () => {
  // one channel of 1,024 weights of 1 and -1, and one of 30: peak 30 / sqrt((1023 + 900) / 1024) = 21.9
  const outlier = Array.from({ length: 1024 }, (_, i) => (i === 7 ? 30 : i % 2 === 0 ? 1 : -1));
  const graph = chain(['a', [1, 1024, 1, 1], outlier]);

  it('names few weights that set the scale', async () => {
    const found = find(await inputOf(graph, { target: defaultTarget }), 'outlier-weights');
    assert.equal(found?.mark, 'hurts');
    assert.match(found.text, /^Worst: a\. Its largest weights are 21\.9× the RMS/);
    assert.deepEqual(found.remedies, []);
  });

  it('tries more bits', async () => {
    const target = { ...defaultTarget, symmetry: 'strict' } as const;
    const input = await inputOf(graph, { target });
    const moreBits = await remedyGains(input.reports, target, noJob);
    assert.equal(moreBits?.target.weightBits, 16);
    const [remedy] = find({ ...input, moreBits }, 'outlier-weights')?.remedies ?? [];
    assert.ok(remedy?.isMeasured);
    // eight more bits are 48 dB on an even spread of values; these are all 1 or -1: at 8 bits 1 is
    // 4.23 steps of 30/127, so the error is 0.23 steps each; at 16 bits 1092.23 steps of 30/32767
    const db = (levels: number): number => {
      const step = 30 / levels;
      const error = 1 - Math.round(1 / step) * step;
      return 10 * Math.log10((1023 + 900) / (1023 * error ** 2));
    };
    const roundOff = 1e-6; // products with 1/step in double
    assert.ok(Math.abs(remedy.fromDb - db(127)) < roundOff);
    assert.ok(Math.abs(remedy.toDb - db(32767)) < roundOff);
  });

  it('names layers that the grid is too coarse for, whatever the granularity', async () => {
    const target = { ...perTensor, weightBits: 3 };
    const input = await inputOf(chain(['a', [8, 8, 1, 1], even]), { target });
    const moreBits = await remedyGains(input.reports, target, noJob);
    const found = find({ ...input, moreBits }, 'weak-layer');
    assert.equal(found?.title, '1 layer keeps less than 20 dB at 3 bits');
    assert.deepEqual(
      found.remedies.map(({ label }) => label),
      ['Weights of 4 bits', 'Weights per channel'],
    );
    assert.ok(found.remedies[0]!.toDb > found.remedies[0]!.fromDb + 3);
  });

  it('names layers whose output would keep too little, where that is estimated', async () => {
    const graph = chain(['a', [8, 8, 1, 1], even], ['b', [8, 8, 1, 1], even]);
    const input = await inputOf(graph, { target: perTensor });
    const estimated = (estimates: readonly number[]): typeof input.reports =>
      input.reports.map((report, i) => ({
        ...report,
        figures: { ...report.figures, estimated: estimates[i] ?? 40 },
      }));
    const after = new Map(estimated([12, 30]).map((report) => [report.layer.node.id, report]));
    const reports = estimated([19, -6.7]);
    const sets = [{ layers: reports.map(({ layer }) => layer.node.id), caps: 0 }];
    const found = find({ ...input, reports, sets, after: { equalize: after } }, 'weak-layer');
    assert.equal(found?.title, '2 layers alone would leave less than about 20 dB at 8 bits');
    assert.match(found.text, /^Worst: b, whose output keeps about −6\.7 dB with only its weights/);
    assert.deepEqual(
      found.layers.map((id) => reports[id]?.layer.name),
      ['b', 'a'],
    );
    const [equalize, perChannel] = found.remedies;
    assert.deepEqual([equalize?.of, equalize?.fromDb, equalize?.toDb], ['estimate', -6.7, 12]);
    assert.deepEqual([perChannel?.isMeasured, perChannel?.target?.granularity], [false, 'channel']);
    assert.equal(find({ ...input, reports: estimated([20, 40]) }, 'weak-layer'), undefined);
  });

  it('has no more bits to offer at 16, or where nothing is weak', async () => {
    const wide = { ...perTensor, weightBits: 16 };
    const input = await inputOf(graph, { target: wide });
    assert.equal(await remedyGains(input.reports, wide, noJob), undefined);
    const fine = await inputOf(chain(['a', [8, 8, 1, 1], even]));
    assert.equal(await remedyGains(fine.reports, perTensor, noJob), undefined);
  });
});
