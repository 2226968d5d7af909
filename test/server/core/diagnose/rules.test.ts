import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { DiagnoseInput, Finding } from '../../../../server/core/diagnose/finding.ts';
import { diagnose, rules } from '../../../../server/core/diagnose/index.ts';
import { measureDeadReads } from '../../../../server/core/diagnose/deadReads.ts';
import { noJob } from '../../../../server/core/job.ts';
import { defaultTarget } from '../../../../server/core/quant/targets.ts';
import { quantizedLayers } from '../../../../server/core/quant/quantizedModel.ts';
import { reportLayers } from '../../../../server/core/reports/weightReport.ts';
import {
  chain,
  even,
  find,
  inputOf,
  layersIn,
  perTensor,
  uneven,
} from '../../../kit/diagnosing.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';

describe('diagnose', () => {
  it('has a page for each code, and no code twice', () => {
    const codes = rules.map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
    for (const code of codes) {
      assert.ok(existsSync(new URL(`../../../../docs/${code}.md`, import.meta.url)), code);
    }
  });

  it('has nothing to say of an even model', async () => {
    assert.deepEqual(diagnose(await inputOf(chain(['a', [8, 8, 1, 1], even]))), []);
  });

  it('has one severity for each mark, and errors only where nothing can go on', async () => {
    const sets = [{ layers: [1], caps: 1 }];
    const broken = chain(['a', [8, 8, 1, 1], NaN], ['b', [8, 8, 1, 1], uneven]);
    const of = (finding: Finding): string[] => [finding.code, finding.mark, finding.severity];
    const found = diagnose(await inputOf(broken, { sets })).map(of);
    assert.deepEqual(found, [
      ['not-finite', 'hurts', 'error'],
      ['uneven-channels', 'watch', 'warning'],
      ['relu6-in-set', 'fine', 'info'],
    ]);
  });

  it('puts what hurts first', async () => {
    const graph = chain(['a', [8, 8, 1, 1], NaN], ['b', [8, 8, 1, 1], even]);
    const sets = [{ layers: [1], caps: 1 }];
    const target = { ...perTensor, fusesChannelCaps: true };
    const marks = diagnose(await inputOf(graph, { sets, target })).map(({ mark }) => mark);
    assert.deepEqual(marks, ['hurts', 'fine']);
  });

  it('leaves layers that are not measured yet out of account', async () => {
    const input = await inputOf(chain(['a', [8, 8, 1, 1], uneven]));
    const reports = input.reports.map((report) => ({ ...report, isMeasured: false }));
    assert.deepEqual(diagnose({ ...input, reports }), []);
  });
});

describe('uneven-channels', () => {
  // 64 channels, the first 4 times the rest: the gap is about 10*log10(64*16 / (16 + 63)) = 11.1 dB
  const wide = Array.from(new Random(3).uniform(64 * 64), (v, i) => (i < 64 ? 4 * v : v));
  // 16 times: 10*log10(64*256 / (256 + 63)) = 17.1 dB
  const wider = Array.from(new Random(4).uniform(64 * 64), (v, i) => (i < 64 ? 16 * v : v));
  const graph = chain(['a', [64, 64, 1, 1], wide], ['b', [64, 64, 1, 1], wider]);

  it('says which layers, why, and what helps', async () => {
    const found = find(await inputOf(graph), 'uneven-channels');
    assert.deepEqual([found?.mark, found?.severity, found?.layers], ['hurts', 'warning', [1, 0]]);
    assert.equal(
      found?.title,
      '1 layer loses more than 15 dB by sharing one scale, 1 more than 10 dB',
    );
    assert.match(found.text, /^Worst: b\. Its widest channel is 16\.\d× the median, and one grid/);
    const [equalize, channel] = found.remedies;
    assert.deepEqual([equalize?.step, equalize?.isMeasured], ['equalize', false]);
    assert.deepEqual([channel?.target?.granularity, channel?.isMeasured], ['channel', true]);
    const reports = await reportLayers(layersIn(graph), perTensor, noJob);
    const lowest = (key: 'sqnrTensor' | 'sqnrChannel'): number =>
      Math.min(...reports.map(({ figures }) => figures[key]));
    assert.equal(channel?.fromDb, lowest('sqnrTensor'));
    assert.equal(channel.toDb, lowest('sqnrChannel'));
  });

  it('takes the gain of equalizing from the layers as they would be', async () => {
    const fixed = chain(
      ['a', [64, 64, 1, 1], wide.slice(64, 128).concat(wide.slice(64))],
      ['b', [64, 64, 1, 1], wider.slice(64, 128).concat(wider.slice(64))],
    );
    const reports = await reportLayers(layersIn(fixed), perTensor, noJob);
    const equalize = new Map(reports.map((report) => [report.layer.node.id, report]));
    const found = find(await inputOf(graph, { after: { equalize } }), 'uneven-channels');
    const remedy = found?.remedies[0];
    assert.equal(remedy?.isMeasured, true);
    assert.equal(remedy.toDb, Math.min(...reports.map(({ figures }) => figures.sqnrTensor)));
    assert.ok(remedy.toDb > remedy.fromDb + 10);
  });

  it('is only information on a target with a scale for each channel', async () => {
    const found = find(await inputOf(graph, { target: defaultTarget }), 'uneven-channels');
    assert.deepEqual([found?.mark, found?.severity], ['fine', 'info']);
    assert.match(found?.text ?? '', /This target has a scale for each channel and loses nothing/);
    assert.equal(found?.remedies.length, 1);
  });
});

describe('tiny-channels', () => {
  // step 1 with 127 in front; six channels of 0.4 and a silent one
  const values = Array.from({ length: 8 }, (_, c) => (c === 0 ? 127 : c === 7 ? 0 : 0.4));
  const graph = chain(['a', [8, 1, 1, 1], values]);

  it('counts channels that round to 0, not those that are 0', async () => {
    const found = find(await inputOf(graph), 'tiny-channels');
    assert.equal(found?.mark, 'hurts');
    assert.equal(found.title, '6 channels of 1 layer round to 0');
    assert.match(found.text, /6 of 8 channels have no weight above half a step, 0\.500\./);
  });

  it('does not count channels that are dead anyway', async () => {
    const two = chain(['a', [8, 1, 1, 1], values], ['b', [1, 8, 1, 1], 1]);
    const [, layer] = layersIn(two);
    assert.ok(layer);
    const dead = await measureDeadReads([{ layer, from: 'a', channels: [0, 1, 2, 7] }], noJob);
    const found = find(await inputOf(two, { dead }), 'tiny-channels');
    assert.equal(found?.title, '4 channels of 1 layer round to 0');
  });

  it('is silent where each channel has its scale', async () => {
    assert.equal(find(await inputOf(graph, { target: defaultTarget }), 'tiny-channels'), undefined);
  });
});

describe('dead-channels', () => {
  // input channels 0, 1; 1 is dead. Layer b: 76 on the dead one, 2 elsewhere; c: 1 and 2.
  const graph = chain(
    ['a', [2, 2, 1, 1], [1, 1, 1, 1]],
    ['b', [2, 2, 1, 1], [2, 76, 1, 0.5]],
    ['c', [2, 2, 1, 1], [2, 1, 2, 1]],
  );
  const dead = async (...names: string[]): Promise<DiagnoseInput['dead']> => {
    const layers = layersIn(graph).filter(({ name }) => names.includes(name));
    return measureDeadReads(
      layers.map((layer) => ({ layer, from: 'a', channels: [1] })),
      noJob,
    );
  };

  it('measures what dead weights hold', async () => {
    assert.deepEqual(await dead('b'), [
      { layer: 1, from: 'a', channels: [1], deadMax: 76, liveMax: 2, heldChannels: 1 },
    ]);
  });

  it('names the layers whose scale they hold', async () => {
    const found = find(await inputOf(graph, { dead: await dead('b', 'c') }), 'dead-channels');
    assert.deepEqual([found?.mark, found?.layers], ['hurts', [1]]);
    assert.equal(found?.title, '1 dead channel still holds the scale of 1 layer');
    assert.equal(
      found.text,
      '1 channel of a is always 0. b keeps weights up to 76.0 on it and up to 2.00 elsewhere, and one scale serves all.',
    );
    assert.equal(found.remedies[0]?.step, 'equalize');
  });

  it('counts the channels held where each has its scale', async () => {
    const input = await inputOf(graph, { dead: await dead('b'), target: defaultTarget });
    const found = find(input, 'dead-channels');
    assert.equal(found?.mark, 'watch');
    assert.match(
      found.text,
      /which set the scale of 1 of its channels and never change the output/,
    );
  });

  it('is information where the dead weights widen nothing that is worth a scale', async () => {
    // output channel 1 has next to nothing on the live input, and hardly more on the dead one
    const tiny = chain(
      ['a', [2, 2, 1, 1], [1, 1, 1, 1]],
      ['b', [2, 2, 1, 1], [2, 1, 1e-31, 8.5e-30]],
    );
    const layer = layersIn(tiny)[1]!;
    const reads = await measureDeadReads([{ layer, from: 'a', channels: [1] }], noJob);
    for (const target of [defaultTarget, { ...defaultTarget, granularity: 'tensor' as const }]) {
      const found = find(await inputOf(tiny, { dead: reads, target }), 'dead-channels');
      assert.deepEqual([found?.mark, found?.severity], ['fine', 'info'], target.granularity);
    }
    const nothing = [{ ...reads[0]!, deadMax: 8.5e-30, liveMax: 0, heldChannels: 0 }];
    const found = find(await inputOf(tiny, { dead: nothing }), 'dead-channels');
    assert.equal(found?.mark, 'fine', 'a layer that has no weights but on dead channels');
  });

  it('says so when no scale is held', async () => {
    const found = find(await inputOf(graph, { dead: await dead('c') }), 'dead-channels');
    assert.deepEqual([found?.mark, found?.severity], ['fine', 'info']);
    assert.equal(found?.title, '1 dead channel, which holds no scale');
  });
});

describe('the other findings', () => {
  const graph = chain(['a', [8, 8, 1, 1], even], ['b', [8, 8, 1, 1], even]);

  it('unfolded-batch-norm: says what folding does to the figures', async () => {
    const foldable = [
      { batchNorm: 'bn1', layer: 0 },
      { batchNorm: 'bn2', layer: undefined },
    ];
    const input = await inputOf(graph, { foldable });
    const found = find(input, 'unfolded-batch-norm');
    assert.equal(found?.title, '2 batch norms are not folded yet');
    // No figure before and after: that would call exact folding a loss.
    assert.deepEqual(
      found.remedies.map(({ step, isMeasured, note }) => [step, isMeasured, note]),
      [['fold', false, 'exact: outputs stay']],
    );
    assert.deepEqual(found.layers, [0]);
    assert.match(found.text, /as they stand in the file: fold to see those that are rounded\.$/);
    const other = chain(['a', [8, 8, 1, 1], uneven], ['b', [8, 8, 1, 1], even]);
    const unfolded = await reportLayers(layersIn(other), perTensor, noJob);
    const known = find({ ...input, unfolded }, 'unfolded-batch-norm');
    const [is, was] = [input.reports, unfolded].map(([first]) => first?.figures.sqnrTensor);
    assert.ok(Number(is) > Number(was) + 5);
    assert.ok(
      known?.text.endsWith(
        `of the folded weights already. The lowest SQNR of these layers is ${is?.toFixed(1)} dB; as they stand in the file it would be ${was?.toFixed(1)} dB.`,
      ),
      known?.text,
    );
  });

  it('relu6-in-set: says what the bounds cost on this target', async () => {
    const sets = [
      { layers: [0, 1], caps: 2 },
      { layers: [1], caps: 0 },
    ];
    const found = find(await inputOf(graph, { sets }), 'relu6-in-set');
    assert.equal(found?.title, 'ReLU6 lies in 1 of 2 sets and is kept');
    assert.match(found.text, /up to 2 Min nodes, which this target does not merge/);
    assert.deepEqual([found.mark, found.severity], ['fine', 'info']);
    const target = { ...perTensor, fusesChannelCaps: true };
    const fused = find(await inputOf(graph, { sets, target }), 'relu6-in-set');
    assert.match(fused?.text ?? '', /merges such bounds/);
  });

  it('not-finite: names layer, tensor and count', async () => {
    const broken = chain(['a', [2, 1, 1, 1], [1, NaN]], ['b', [2, 2, 1, 1], 1]);
    const found = find(await inputOf(broken), 'not-finite');
    assert.deepEqual([found?.severity, found?.layers], ['error', [0]]);
    assert.match(found?.text ?? '', /^a: 1 of 2 weights in "a\.w" is not finite \(1 NaN\)/);
  });

  it('absurd-scale: weights too large and too small', async () => {
    const huge = find(await inputOf(chain(['a', [2, 1, 1, 1], [3e15, 1]])), 'absurd-scale');
    assert.match(huge?.text ?? '', /weights up to 3\.0e15/);
    const tiny = find(await inputOf(chain(['a', [2, 1, 1, 1], [1e-9, 1e-9]])), 'absurd-scale');
    assert.match(tiny?.text ?? '', /largest weight is 1\.0e−9/);
  });

  it('no-layers: says what would have been one', async () => {
    const empty = graphOf({
      inputs: { x: [1] },
      outputs: ['y'],
      nodes: [node('Relu', ['x'], ['y'])],
    });
    const found = find(await inputOf(empty), 'no-layers');
    assert.match(found?.text ?? '', /^It has 1 node, and none is a Conv/);
  });

  it('already-quantized: says nothing else that a step would be for', async () => {
    const quantized = graphOf({
      inputs: { x: ['N', 8, 4, 4] },
      outputs: ['y'],
      nodes: [
        node('QuantizeLinear', ['x', 's'], ['q']),
        node('DequantizeLinear', ['q', 's'], ['d']),
        node('QuantizeLinear', ['w', 's'], ['wq']),
        node('DequantizeLinear', ['wq', 's'], ['wd']),
        node('Conv', ['d', 'wd'], ['y']),
      ],
      tensors: [tensor('s', [], [1]), tensor('w', [8, 8, 1, 1], uneven)],
    });
    const reports = await reportLayers(quantizedLayers(quantized), perTensor, noJob);
    const codes = diagnose(await inputOf(quantized, { reports })).map(({ code }) => code);
    assert.deepEqual(codes, ['already-quantized']);
  });

  it('already-quantized: says of a partly quantized model that a part is', async () => {
    const partly = graphOf({
      inputs: { x: ['N', 8, 4, 4] },
      outputs: ['y'],
      nodes: [
        node('QuantizeLinear', ['x', 's'], ['q']),
        node('DequantizeLinear', ['q', 's'], ['d']),
        node('Conv', ['d', 'w'], ['y']),
      ],
      tensors: [tensor('s', [], [1]), tensor('w', [8, 8, 1, 1], uneven)],
    });
    const found = find(await inputOf(partly), 'already-quantized');
    assert.equal(found?.title, 'Part of the model is already quantized');
  });
});
