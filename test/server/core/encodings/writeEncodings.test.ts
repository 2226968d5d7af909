import assert from 'node:assert/strict';
import {
  encodingsVersions,
  type EncodingsVersion,
} from '../../../../server/core/encodings/encodingsFile.ts';
import { encodingsForPlan } from '../../../../server/core/encodings/plannedEntries.ts';
import { readEncodings } from '../../../../server/core/encodings/readEncodings.ts';
import { writeEncodings } from '../../../../server/core/encodings/writeEncodings.ts';
import { channelGridsOf, encodingOf, sharedGrids } from '../../../../server/core/quant/grid.ts';
import { planQuantizers } from '../../../../server/core/quant/planQuantizers.ts';
import {
  defaultTarget,
  type Symmetry,
  type Target,
} from '../../../../server/core/quant/targets.ts';
import type { EncodingSet, TensorEncoding } from '../../../../server/core/quant/tensorEncoding.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';

const graph = graphOf({
  inputs: { x: [1, 2, 4, 4] },
  outputs: ['y'],
  nodes: [node('Conv', ['x', 'w', 'b'], ['y'])],
  tensors: [tensor('w', [3, 2, 1, 1], 1), tensor('b', [3], 1)],
});

const options = { target: defaultTarget, producer: { package: 'rangefinder', version: '1' } };

/** Encodings of every quantizer of the graph above, at a target. */
function encodingsOf(target: Target): EncodingSet {
  const { quantizers } = planQuantizers(graph, target);
  const all = quantizers.map(({ kind, tensor: name, axis, format }): TensorEncoding => {
    const low = Float64Array.of(-0.7, -0.1, -3);
    const high = Float64Array.of(0.5, 0.3, 1);
    const isSymmetric = format.symmetry !== 'asymmetric';
    const grids =
      kind === 'activation' || axis === undefined
        ? sharedGrids(encodingOf(-0.3, 1.7, format), 1)
        : channelGridsOf(low, high, format);
    return { tensor: name, kind, axis, isSymmetric, grids };
  });
  return new Map(all.map((one) => [one.tensor, one]));
}

function written(encodings: EncodingSet, version: EncodingsVersion): string {
  const text = writeEncodings(encodings, { ...options, version });
  assert.ok(text.ok);
  return text.value;
}

describe('writeEncodings', () => {
  for (const version of encodingsVersions) {
    for (const symmetry of ['symmetric', 'strict', 'asymmetric'] as const) {
      it(`writes ${version} that reads back the same, weights ${symmetry}`, () => {
        const target: Target = { ...defaultTarget, symmetry, weightBits: 4, activationBits: 16 };
        const encodings = encodingsOf(target);
        const { file, problems } = readEncodings(written(encodings, version));
        assert.ok(file);
        assert.deepEqual(problems, []);
        const plan = planQuantizers(graph, target);
        const read = encodingsForPlan(file, { graph, plan });
        const expected = [...encodings.values()].filter(
          ({ kind }) => kind !== 'bias' || version.startsWith('2'),
        );
        assert.deepEqual(
          [...read.values()].sort(byName),
          expected.map((one) => ({ ...one, isFrozen: true })).sort(byName),
        );
      });
    }
  }

  it('writes the integers that a grid is stored in', () => {
    const grid = (symmetry: Symmetry, min: number, max: number): TensorEncoding => ({
      tensor: 'x',
      kind: 'activation',
      axis: undefined,
      isSymmetric: symmetry !== 'asymmetric',
      grids: sharedGrids(encodingOf(min, max, { bits: 8, symmetry, isPowerOfTwo: false }), 1),
    });
    const line = (symmetry: Symmetry, min: number, max: number): string =>
      written(new Map([['x', grid(symmetry, min, max)]]), '2.0.0')
        .split('\n')[3]
        ?.trim() ?? '';
    assert.equal(line('symmetric', -128, 0), '{"name":"x","output_dtype":"int8","y_scale":1}');
    assert.equal(line('strict', -127, 0), '{"name":"x","output_dtype":"int8","y_scale":1}');
    assert.equal(line('unsigned', 0, 255), '{"name":"x","output_dtype":"uint8","y_scale":1}');
    const moved = '{"name":"x","output_dtype":"uint8","y_scale":1,"y_zero_point":55}';
    assert.equal(line('asymmetric', -55, 200), moved);
  });

  it('says what the target is, and who wrote it', () => {
    const file = JSON.parse(written(encodingsOf(defaultTarget), '1.0.0')) as Record<
      string,
      unknown
    >;
    assert.deepEqual(file['quantizer_args'], {
      activation_bitwidth: 8,
      param_bitwidth: 8,
      dtype: 'int',
      is_symmetric: true,
      per_channel_quantization: true,
      quant_scheme: 'min_max',
    });
    assert.deepEqual(file['producer'], options.producer);
  });

  it('refuses widths that version 2 has no type for', () => {
    const encodings = encodingsOf({ ...defaultTarget, weightBits: 5 });
    const text = writeEncodings(encodings, { ...options, version: '2.0.0' });
    assert.ok(!text.ok);
    assert.deepEqual([text.error.code, text.error.where], ['cannot-express', 'w']);
    assert.ok(writeEncodings(encodings, { ...options, version: '1.0.0' }).ok);
  });
});

const byName = (a: TensorEncoding, b: TensorEncoding): number => (a.tensor < b.tensor ? -1 : 1);
