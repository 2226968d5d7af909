import assert from 'node:assert/strict';
import { MemoryData } from '../../server/core/graph/tensor.ts';
import { readFloats } from '../../server/core/graph/tensorValues.ts';
import { formatCorrection, parseCorrection } from '../../server/correctionNote.ts';
import { noJob } from '../../server/core/job.ts';
import { restoreBiases } from '../../server/core/passes/restoreBiases.ts';
import { targetLabel } from '../../server/core/quant/targets.ts';
import { tensor } from '../kit/graphs.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { perTensor } from '../kit/target.ts';

const bias = {
  name: 'b',
  type: 'float32',
  dims: [2],
  data: new MemoryData(new Uint8Array(Float32Array.from([1, -2]).buffer)),
} as const;

describe('the note on a correction in a file of anybody', () => {
  const text = formatCorrection({
    target: perTensor,
    former: [
      { layer: 'conv', bias },
      { layer: 'fc', bias: null },
    ],
  });

  it('is read back', () => {
    const note = parseCorrection(text);
    assert.deepEqual(note?.target, perTensor);
    assert.deepEqual(
      note.former.map(({ layer, bias: was }) => [layer, was && [...was.data.read()]]),
      [
        ['conv', [...bias.data.read()]],
        ['fc', null],
      ],
    );
  });

  const noted = JSON.parse(text) as {
    target: Record<string, unknown>;
    layers: readonly Record<string, unknown>[];
  };
  const [first] = noted.layers;
  const own = first?.['bias'] as Record<string, unknown>;
  const withBias = (more: Record<string, unknown>): object => ({
    ...noted,
    layers: [{ layer: 'conv', bias: { ...own, ...more } }],
  });
  const garbage: readonly (readonly [what: string, note: unknown])[] = [
    ['nothing', null],
    ['a list', []],
    ['no target', { ...noted, target: undefined }],
    ['no list of layers', { ...noted, layers: {} }],
    ['a target that is none', { ...noted, target: 'W8' }],
    ['bits that are no number', { ...noted, target: { ...noted.target, weightBits: '8' } }],
    ['a granularity of its own', { ...noted, target: { ...noted.target, granularity: 'x' } }],
    ['exceptions that are none', { ...noted, target: { ...noted.target, exceptions: [null] } }],
    ['no layers', { ...noted, layers: undefined }],
    ['a layer that is none', { ...noted, layers: [null] }],
    ['a layer without a name', { ...noted, layers: [{ layer: 3, bias: null }] }],
    ['a bias of another type', withBias({ type: 'string' })],
    ['a bias with too few bytes', withBias({ bytes: 'AAAA' })],
    ['a bias of sizes that are none', withBias({ dims: [-2] })],
    ['a bias without sizes', withBias({ dims: undefined })],
    ['a bias without a name', withBias({ name: 7 })],
  ];
  for (const [what, note] of garbage) {
    it(`is none where it has ${what}`, () => {
      const read = parseCorrection(JSON.stringify(note));
      // What is read is used: it must not be what breaks there.
      if (read) assert.fail(`${targetLabel(read.target)}, ${read.former.length} layers`);
    });
  }
});

describe('biases from before a correction that do not fit', () => {
  it('are not brought back', async () => {
    const graph = smallMobileNet();
    const former = [2, 4].map((count) => ({
      layer: 'fc',
      bias: tensor('fc.b', [count], Array<number>(count).fill(7)),
    }));
    const [wrong, right] = former;
    const kept = await restoreBiases.run(graph, { former: [wrong!] }, noJob);
    assert.equal(kept.edits.length, 0);
    assert.equal(kept.graph.tensors.get('fc.b'), graph.tensors.get('fc.b'));
    assert.match(kept.skipped[0]?.reason ?? '', /has 2 values, and the layer has 4 channels/);
    const restored = await restoreBiases.run(graph, { former: [right!] }, noJob);
    assert.deepEqual([...readFloats(restored.graph.tensors.get('fc.b')!)], [7, 7, 7, 7]);
  });
});
