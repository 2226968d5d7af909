import assert from 'node:assert/strict';
import type { NodeId } from '../../../../server/core/graph/graph.ts';
import { layersOf, type Layer } from '../../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { noJob } from '../../../../server/core/job.ts';
import { defaultTarget } from '../../../../server/core/quant/targets.ts';
import {
  describeWeights,
  type Cockpit,
  type CockpitInput,
} from '../../../../server/core/reports/cockpit.ts';
import { levelHistogram, weightHistogram } from '../../../../server/core/reports/levelHistogram.ts';
import { measureWeights } from '../../../../server/core/reports/weightReport.ts';
import type { Tensor } from '../../../../server/core/graph/tensor.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';
import { layerWith } from '../../../kit/patternWeights.ts';

const strict = { ...defaultTarget, granularity: 'tensor', symmetry: 'strict' } as const;
const conv = { op: 'Conv', group: 1, transB: 0 };

/** first (4 channels out of 1) -> depthwise -> last (1 channel out of 4). */
function triple(first: readonly number[], last: readonly number[]): Layer[] {
  const channels = first.length;
  const graph = graphOf({
    inputs: { x: ['N', 1, 4] },
    outputs: ['c'],
    nodes: [
      node('Conv', ['x', 'w1'], ['a'], {}, 'first'),
      node('Conv', ['a', 'w2'], ['b'], { group: channels }, 'deep'),
      node('Conv', ['b', 'w3'], ['c'], {}, 'last'),
    ],
    tensors: [
      tensor('w1', [channels, 1, 1], first),
      tensor(
        'w2',
        [channels, 1, 1],
        first.map((v) => 2 * v),
      ),
      tensor('w3', [1, channels, 1], last),
    ],
  });
  return layersOf(graph, wiringOf(graph));
}

const input = (layer: Layer, more: Partial<CockpitInput> = {}): CockpitInput => ({
  layer,
  target: strict,
  sets: [],
  opened: new Map(),
  dead: new Map(),
  ...more,
});

const words = (phrases: Cockpit['cause'] = []): string => phrases.map(({ text }) => text).join('');

describe('describeWeights', () => {
  it('says why in words with numbers', async () => {
    // absmax 127, step 1: the channels of 0.4 and 0.5 round to 0; the median of 127, 2, 0.5, 0.4 is 1.25
    const layer = layerWith(tensor('w', [4, 1, 1], [127, 2, 0.4, -0.5]), conv);
    const dead = new Map<NodeId, { made: number[]; read: number[] }>();
    dead.set(layer.node.id, { made: [], read: [0] });
    const { cause, now, levels } = await describeWeights(input(layer, { dead }), noJob);
    // noise 0.4^2 + 0.5^2 = 0.41 of 16133.41 is 45.9 dB; each alone on its grid is exact
    assert.match(
      words(cause),
      /^The widest channel is 102× the median\. 2 of 4 channels lie below half a step and round to 0\. 1 channel it reads is always 0, yet its weights set the scale\. One scale per channel would give no error instead of 45\.9 dB\.$/,
    );
    assert.equal(now, undefined);
    assert.equal(levels.now.zeroShare, 0.5);
    assert.equal(levels.now.step, 1);
  });

  it('does not blame a dead channel whose weights are small', async () => {
    const layer = layerWith(tensor('w', [1, 2, 1], [3, 127]), conv);
    const dead = new Map([[layer.node.id, { made: [], read: [0] }]]);
    const { cause } = await describeWeights(input(layer, { dead }), noJob);
    assert.match(words(cause), / 1 channel it reads is always 0\. /);
  });

  it('says what became of a layer', async () => {
    const opened = layerWith(tensor('w', [2, 1, 1], [127, 0.4]), conv);
    const layer = layerWith(tensor('w', [2, 1, 1], [127, 127]), conv);
    const was = new Map([[layer.node.id, opened]]);
    const made = await describeWeights(input(layer, { opened: was }), noJob);
    assert.ok(words(made.cause).startsWith('As opened: the widest channel is 2.0× the median.'));
    assert.equal(words(made.now), 'Now: spread 1.0×, weights exact, were 50.0 dB.');
    assert.equal(made.levels.before?.zeroShare, 0.5);
  });

  it('names weights that cannot be measured, and has an empty histogram', async () => {
    const made = await describeWeights(input(layerWith(tensor('w', [2, 1, 1], NaN), conv)), noJob);
    assert.equal(
      words(made.cause),
      '2 of 2 weights in "w" are not finite (2 NaN), in output channels 0, 1.',
    );
    assert.ok(made.levels.now.counts.every((count) => count === 0));
  });

  it('has a strip for each layer of a set, over the channels between them', async () => {
    const [first, deep, last] = triple([1, 2, 3, 4], [-9, 8, 7, 6]) as [Layer, Layer, Layer];
    const scale = [
      [1, 2, 1, 1],
      [0.5, 1, 1, 1],
    ];
    const set = { title: 'first, deep, last', layers: [first, deep, last], scale, isApplied: true };
    const dead = new Map([
      [first.node.id, { made: [3], read: [] }],
      [last.node.id, { made: [], read: [1] }],
    ]);
    const { sets } = await describeWeights(input(deep, { sets: [set], dead }), noJob);
    assert.equal(sets.length, 1);
    const { title, strips } = sets[0]!;
    assert.equal(title, 'first, deep, last');
    assert.deepEqual(
      strips.map((strip) =>
        strip.kind === 'range'
          ? [strip.name, strip.role, strip.now, strip.dead]
          : [strip.name, strip.isApplied, strip.factor],
      ),
      [
        ['first', 'makes', [1, 2, 3, 4], [3]],
        ['scale factor 1', true, [1, 2, 1, 1]],
        ['deep', 'makes', [2, 4, 6, 8], []],
        ['scale factor 2', true, [0.5, 1, 1, 1]],
        ['last', 'reads', [9, 8, 7, 6], [1]],
      ],
    );
    const half = strips.map((strip) => (strip.kind === 'range' ? strip.halfStep : undefined));
    assert.deepEqual(half[0], 4 / 254);
  });

  it('has a half step only of a grid that the channels share', async () => {
    const [first, deep] = triple([1, 2, 3, 4], [-9, 8, 7, 6]) as [Layer, Layer, Layer];
    const set = { title: '', layers: [first, deep], isApplied: false };
    const halves = async (target: CockpitInput['target']): Promise<(number | undefined)[]> => {
      const { sets } = await describeWeights(input(first, { sets: [set], target }), noJob);
      return (sets[0]?.strips ?? []).map((strip) =>
        strip.kind === 'range' ? strip.halfStep : undefined,
      );
    };
    assert.deepEqual(await halves({ ...strict, granularity: 'channel' }), [0, 0]);
    const exceptions = [
      { layer: 'first', weightBits: 4 },
      { layer: 'deep', weightBits: 'float' as const },
    ];
    // 4 bits: levels from -7 to 7
    assert.deepEqual(await halves({ ...strict, exceptions }), [4 / 14, 0]);
  });

  it('puts inputs that come from one channel together', async () => {
    const [first, , last] = triple([1, 2, 3, 4], [-9, 8, 7, 6]) as [Layer, Layer, Layer];
    const set = { title: '', layers: [first, last], isApplied: false, channelAt: [0, 0, 1, 1] };
    const { sets } = await describeWeights(input(first, { sets: [set] }), noJob);
    const reads = sets[0]!.strips[1];
    assert.ok(reads?.kind === 'range');
    assert.deepEqual([reads.now, reads.inputsEach], [[9, 7], 2]);
  });

  it('shows more than 1,024 channels four at a time and says so', async () => {
    const values = Array.from({ length: 1026 }, (_, i) => i);
    const layers = triple(values, values);
    const factors = values.map((v) => (v === 5 ? 0.01 : v === 6 ? 20 : 1));
    const set = { title: '', layers, scale: [factors], isApplied: false };
    const dead = new Map([[layers[0]!.node.id, { made: [4, 5, 6, 7, 8, 1024, 1025], read: [] }]]);
    const own = { title: 'own', layers: layers.slice(2), isApplied: false };
    const made = await describeWeights(input(layers[0]!, { sets: [set, own], dead }), noJob);
    assert.deepEqual(
      made.sets.map(({ channels, isBinned }) => [channels, isBinned]),
      [
        [1026, true],
        [1, false],
      ],
    );
    const [range, factor] = made.sets[0]!.strips;
    assert.ok(range?.kind === 'range' && factor?.kind === 'factor');
    assert.equal(range.now.length, 257);
    assert.deepEqual([range.now[0], range.now[1], range.now[256]], [3, 7, 1025]);
    // all of 4..7 and of the short bin 1024..1025, but not all of 8..11
    assert.deepEqual(range.dead, [1, 256]);
    // the farthest from 1: 1/100 is farther than 20
    assert.equal(factor.factor[1], 0.01);
  });
});

describe('levelHistogram', () => {
  it('counts the levels, one a bin', async () => {
    const layer = layerWith(tensor('w', [5, 1, 1], [-3, 3, 0.4, 1, 0]), conv);
    const target = { ...strict, weightBits: 3 };
    const made = await levelHistogram(layer, measureWeights(layer), target, noJob);
    assert.deepEqual(made, {
      low: -3,
      high: 3,
      counts: [1, 0, 0, 2, 1, 0, 1],
      step: 1,
      zeroShare: 0.4,
    });
  });

  it('counts each channel on its own grid, where the target has one', async () => {
    // steps 1, 0.25 and 0.5; on the tensor's grid, of step 1, 0.25 would be 0 too
    const layer = layerWith(tensor('w', [3, 2, 1], [-3, 1, 0.75, 0.1, 1.5, -0.25]), conv);
    const target = { ...strict, weightBits: 3, granularity: 'channel' } as const;
    const made = await levelHistogram(layer, measureWeights(layer), target, noJob);
    assert.deepEqual(made, {
      low: -3,
      high: 3,
      // -0.25 is half a step of 0.5, and rounds to the even level
      counts: [1, 0, 0, 2, 1, 0, 2],
      step: 0.5,
      steps: { min: 0.25, max: 1 },
      zeroShare: 2 / 6,
    });
  });

  it('puts channels of different asymmetric grids on one axis', async () => {
    const layer = layerWith(tensor('w', [2, 2, 1], [-3, 0, 7, 1]), conv);
    const target = {
      ...strict,
      weightBits: 3,
      granularity: 'channel',
      symmetry: 'asymmetric',
    } as const;
    const { low, high, counts } = await levelHistogram(layer, measureWeights(layer), target, noJob);
    // -7 to 0 in steps of 3/7, and 0 to 7 in steps of 1
    assert.deepEqual([low, high], [-7, 7]);
    assert.deepEqual(counts, [1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1]);
  });

  it('has at most 512 bins, and counts every weight', async () => {
    const values = Array.from({ length: 1000 }, (_, i) => i - 500);
    const layer = layerWith(tensor('w', [1000, 1, 1], values), conv);
    const target = { ...strict, weightBits: 16 };
    const { counts } = await levelHistogram(layer, measureWeights(layer), target, noJob);
    assert.equal(counts.length, 512);
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      1000,
    );
  });
});

describe('weightHistogram', () => {
  it('counts values in equal bins, the greatest in the last', async () => {
    const layer = layerWith(tensor('w', [5, 1, 1], [0, 1, 2, 3, 4]), conv);
    assert.deepEqual(await weightHistogram(layer, measureWeights(layer), 4, noJob), [1, 1, 1, 2]);
  });

  it('puts equal weights into one bin', async () => {
    const same: Tensor = tensor('w', [3, 1, 1], 7);
    const layer = layerWith(same, conv);
    assert.deepEqual(await weightHistogram(layer, measureWeights(layer), 3, noJob), [3, 0, 0]);
  });
});
