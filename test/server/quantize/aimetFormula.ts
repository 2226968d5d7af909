import assert from 'node:assert/strict';
import { intsAttribute, type Graph } from '../../../server/core/graph/graph.ts';
import type { Layer } from '../../../server/core/graph/layer.ts';
import { readFloats } from '../../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import type { QuantizeContext } from '../../../server/quantize/context.ts';

/** What AIMET gets wrong in the analytical formula (algorithms: the Q marks of section 5.2). */
export interface Mistakes {
  /** The deviation of a batch norm with a negative gamma is taken as negative. */
  readonly signedGamma: boolean;
  /** Border positions are taken to see all taps. */
  readonly ignoredPadding: boolean;
}

/**
 * The error of a layer's output by section 5.2, written down once more for a layer with batch norm
 * and Relu before it; undefined where no batch norm is found.
 */
export function errorByFormula(
  layer: Layer,
  original: Graph,
  scale: readonly number[],
  dimsOf: QuantizeContext['dimsOf'],
  { signedGamma, ignoredPadding }: Mistakes,
): number[] | undefined {
  const inputs = meanInputs(layer, original, signedGamma);
  if (!inputs) return undefined;
  const weight = readFloats(layer.weight);
  const { dims } = layer.weight;
  const isMatrix = dims.length === 2;
  const [first = 0, second = 0] = dims;
  const [outs, ins] = isMatrix ? [second, first] : [first, second];
  const taps = dims.slice(2).reduce((a, b) => a * b, 1);
  const shares = ignoredPadding || isMatrix ? [] : tapShares(layer, dimsOf);
  return Array.from({ length: outs }, (_, o) => {
    const step = scale[scale.length === 1 ? 0 : o] ?? NaN;
    let sum = 0;
    for (let i = 0; i < ins; i++) {
      const mean = inputs[inputs.length === outs && ins === 1 ? o : i] ?? NaN;
      for (let tap = 0; tap < taps; tap++) {
        const value = weight[isMatrix ? i * outs + o : (o * ins + i) * taps + tap] ?? NaN;
        const level = Math.min(Math.max(halfToEven(value / step), -128), 127);
        sum += (level * step - value) * (shares[tap] ?? 1) * mean;
      }
    }
    return sum;
  });
}

/** E[x] of each input channel, from the batch norm before the layer. */
function meanInputs({ node, name }: Layer, original: Graph, signed: boolean): number[] | undefined {
  const wiring = wiringOf(original);
  const own = original.nodes.find(({ id }) => id === node.id);
  assert.ok(own, name);
  let maker = wiring.maker(own.inputs[0] ?? '');
  while (maker && ['Flatten', 'AveragePool', 'GlobalAveragePool', 'Relu'].includes(maker.op)) {
    maker = wiring.maker(maker.inputs[0] ?? '');
  }
  if (maker?.op !== 'BatchNormalization') return undefined;
  const [gamma, beta] = [1, 2].map((at) => {
    const tensor = original.tensors.get(maker.inputs[at] ?? '');
    assert.ok(tensor, maker.name);
    return readFloats(tensor);
  });
  return Array.from(beta ?? [], (mean, c) => {
    const deviation = signed ? (gamma?.[c] ?? NaN) : Math.abs(gamma?.[c] ?? NaN);
    const z = mean / deviation;
    return mean * cumulative(z) + deviation * density(z);
  });
}

/** For each kernel position, row by row, the share of output positions that meet real input. */
function tapShares({ node, weight, input, output }: Layer, dimsOf: QuantizeContext['dimsOf']) {
  const [from, to] = [dimsOf(input), dimsOf(output)];
  assert.ok(from && to);
  const pads = intsAttribute(node, 'pads') ?? [0, 0, 0, 0];
  const strides = intsAttribute(node, 'strides') ?? [1, 1];
  const [rows = [], columns = []] = [0, 1].map((axis) =>
    Array.from({ length: weight.dims[2 + axis] ?? 0 }, (_, tap) => {
      const [size = 0, count = 0] = [from[2 + axis], to[2 + axis]];
      const inside = Array.from(
        { length: count },
        (_, p) => p * (strides[axis] ?? 1) + tap - (pads[axis] ?? 0),
      ).filter((at) => at >= 0 && at < size);
      return inside.length / count;
    }),
  );
  return rows.flatMap((row) => columns.map((column) => row * column));
}

function halfToEven(value: number): number {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** The normal distribution by Simpson's rule on 2000 pieces: good to 1e-12 within 10 deviations. */
function cumulative(z: number): number {
  const end = Math.min(Math.max(z, -10), 10);
  const pieces = 2000;
  const step = end / pieces;
  let sum = density(0) + density(end);
  for (let i = 1; i < pieces; i++) sum += (i % 2 === 0 ? 2 : 4) * density(i * step);
  return 0.5 + (sum * step) / 3;
}
