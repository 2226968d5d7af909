import assert from 'node:assert/strict';
import type { WeightLayout } from '../../../../server/core/graph/layer.ts';
import { absMax } from '../../../../server/core/kernels/absMax.ts';
import {
  absMaxByBoth,
  absMaxByInput,
  absMaxByOutput,
  forEachRun,
  scaleChannels,
  weightedSums,
} from '../../../../server/core/kernels/channels.ts';
import { chunksOf } from '../../../../server/core/kernels/chunks.ts';
import { tapMaxima } from '../../../../server/core/kernels/tapMaxima.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo } from '../../../kit/run.ts';

/** Every layout of algorithms.md section 0: [name, layout, number of elements]. */
const layouts: readonly (readonly [string, WeightLayout, number])[] = [
  ['Conv', conv(1, 5, 7, 9), 315],
  ['Conv 1x1', conv(1, 5, 19, 1), 95],
  ['grouped Conv', conv(3, 2, 4, 4), 96],
  ['depthwise Conv', conv(6, 1, 1, 9), 54],
  ['depthwise Conv, multiplier 3', conv(4, 3, 1, 5), 60],
  ['ConvTranspose', transposed(1, 5, 7, 9), 315],
  ['grouped ConvTranspose', transposed(2, 3, 4, 4), 96],
  ['depthwise ConvTranspose', transposed(5, 1, 1, 4), 20],
  ['grouped ConvTranspose to one channel each', transposed(3, 1, 4, 2), 24],
  ['Gemm O,I', conv(1, 6, 20, 1), 120],
  ['Gemm I,O', transposed(1, 6, 20, 1), 120],
  ['one output, I,O', transposed(1, 1, 20, 1), 20],
  ['one input, O,I', conv(1, 20, 1, 1), 20],
];

function conv(groups: number, o: number, i: number, taps: number): WeightLayout {
  const stride = { g: o * i * taps, o: i * taps, i: taps };
  return { groups, outPerGroup: o, inPerGroup: i, taps, stride };
}

function transposed(groups: number, o: number, i: number, taps: number): WeightLayout {
  const stride = { g: o * i * taps, o: taps, i: o * taps };
  return { groups, outPerGroup: o, inPerGroup: i, taps, stride };
}

/** Products in double. */
const double = { relative: 1e-15, absolute: 0 };

describe('kernels over channels', () => {
  for (const [name, layout, count] of layouts) {
    const random = new Random(count);
    const w = random.normal(count);
    const outs = layout.groups * layout.outPerGroup;
    const ins = layout.groups * layout.inPerGroup;
    const byOutput = Float64Array.from(random.uniform(outs, 0.1, 4));
    const byInput = Float64Array.from(random.uniform(ins, 0.1, 4));

    /** One element at a time, as the layout is defined. */
    const each = (visit: (value: number, out: number, input: number, at: number) => void): void =>
      forEachRun(layout, (out, input, offset) => {
        for (let k = 0; k < layout.taps; k++) visit(w[offset + k] ?? NaN, out, input, offset + k);
      });

    it(`largest values: ${name}`, () => {
      const top = new Float64Array(outs);
      const left = new Float64Array(ins);
      const topScaled = new Float64Array(outs);
      const leftScaled = new Float64Array(ins);
      each((value, out, input) => {
        const a = Math.abs(value);
        top[out] = Math.max(top[out] ?? 0, a);
        left[input] = Math.max(left[input] ?? 0, a);
        topScaled[out] = Math.max(topScaled[out] ?? 0, a * (byInput[input] ?? 0));
        leftScaled[input] = Math.max(leftScaled[input] ?? 0, a * (byOutput[out] ?? 0));
      });
      for (const [values, at] of [
        [w, layout],
        [Float64Array.from(w), layout],
        [tapMaxima(w, layout).values, tapMaxima(w, layout).layout],
      ] as const) {
        assert.deepEqual(absMaxByOutput(values, at), top);
        assert.deepEqual(absMaxByInput(values, at), left);
        assert.deepEqual(absMaxByBoth(values, at), { output: top, input: left });
        closeTo(absMaxByOutput(values, at, byInput), topScaled, double);
        closeTo(absMaxByInput(values, at, byOutput), leftScaled, double);
      }
    });

    it(`scaled: ${name}`, () => {
      const expected = new Float32Array(count);
      each((value, out, input, at) => {
        expected[at] = value * ((byOutput[out] ?? 0) * (byInput[input] ?? 0));
      });
      assert.deepEqual(scaleChannels(w, layout, byOutput, byInput), expected);
      each((value, out, _input, at) => (expected[at] = value * (byOutput[out] ?? 0)));
      assert.deepEqual(scaleChannels(w, layout, byOutput), expected);
      each((value, _out, input, at) => (expected[at] = value * (byInput[input] ?? 0)));
      assert.deepEqual(scaleChannels(w, layout, undefined, byInput), expected);
    });

    it(`weighted sums: ${name}`, () => {
      const expected = new Float64Array(outs);
      each((value, out, input) => (expected[out]! += value * (byInput[input] ?? 0)));
      // Another order of up to 180 sums in double.
      closeTo(weightedSums(w, layout, byInput), expected, { relative: 1e-13, absolute: 1e-13 });
    });
  }
});

describe('absMaxByBoth', () => {
  it('is NaN where one is NaN, infinite where one is infinite', () => {
    const w = Float32Array.of(1, NaN, -Infinity, 2);
    const { output, input } = absMaxByBoth(w, conv(1, 2, 2, 1));
    assert.deepEqual([...output], [NaN, Infinity]);
    assert.deepEqual([...input], [Infinity, NaN]);
  });
});

describe('chunksOf', () => {
  for (const [name, layout, count] of layouts) {
    it(`covers each element once: ${name}`, () => {
      const seen = new Int32Array(count);
      const place = new Map<number, string>();
      forEachRun(layout, (out, input, offset) => place.set(offset, `${out} ${input}`));
      for (const chunk of chunksOf(layout, 30)) {
        const first = [chunk.firstOutput, chunk.firstInput] as const;
        assert.ok(chunk.end > chunk.start);
        forEachRun(chunk.layout, (out, input, offset) => {
          const at = chunk.start + offset;
          assert.ok(at + layout.taps <= chunk.end);
          assert.equal(place.get(at), `${first[0] + out} ${first[1] + input}`);
          for (let k = at; k < at + layout.taps; k++) seen[k]!++;
        });
      }
      assert.ok(seen.every((times) => times === 1));
    });
  }

  it('leaves a small weight whole', () => {
    assert.equal(chunksOf(conv(1, 5, 7, 9)).length, 1);
  });
});

describe('absMax', () => {
  const long = (value: number, at: number): Float32Array => {
    const w = new Float32Array(37).fill(0.5);
    w[at] = value;
    return w;
  };

  it('finds the largest anywhere, whatever its sign', () => {
    for (let at = 0; at < 37; at++) {
      assert.equal(absMax(long(-2, at), 0, 37), 2);
      assert.equal(absMax(long(3, at), 1, 36), at > 0 && at < 36 ? 3 : 0.5);
    }
  });

  it('gives NaN and infinity on', () => {
    for (const at of [0, 5, 36]) {
      assert.ok(Number.isNaN(absMax(long(NaN, at), 0, 37)));
      assert.ok(Number.isNaN(absMax(Float64Array.from(long(NaN, at)), 0, 37)));
      assert.equal(absMax(long(-Infinity, at), 0, 37), Infinity);
    }
    assert.equal(absMax(new Float32Array(), 0, 0), 0);
  });

  it('keeps NaN through the largest of kernel positions', () => {
    const layout = conv(1, 2, 2, 3);
    const w = new Float32Array(12).fill(1);
    w[4] = NaN;
    const { values, layout: small } = tapMaxima(w, layout);
    assert.deepEqual([...values], [1, NaN, 1, 1]);
    assert.deepEqual([...absMaxByOutput(values, small)], [NaN, 1]);
    assert.deepEqual([...absMaxByInput(values, small)], [1, NaN]);
  });
});
