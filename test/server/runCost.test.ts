import assert from 'node:assert/strict';
import type { Graph, ValueInfo } from '../../server/core/graph/graph.ts';
import {
  affordableRuns,
  isAffordable,
  isInMemory,
  roomFor,
  runCost,
} from '../../server/runCost.ts';
import { resNet50 } from '../bench/networks.ts';
import { graphOf, node, tensor, type NodeSpec } from '../kit/graphs.ts';

const stated = ({ shape = [] }: ValueInfo): number[] => shape.map(Number);
const costOf = (nodes: readonly NodeSpec[], x: readonly number[], w: readonly number[]) =>
  runCost(graph(nodes, x, w), stated);
const graph = (nodes: readonly NodeSpec[], x: readonly number[], w: readonly number[]): Graph =>
  graphOf({ inputs: { x }, outputs: ['y'], nodes, tensors: [tensor('w', w, 0)] });

describe('runCost', () => {
  it('counts multiply-accumulates of every kind of layer', () => {
    const conv = node('Conv', ['x', 'w'], ['y'], { pads: [1, 1, 1, 1], group: 2 });
    assert.equal(costOf([conv], [1, 4, 5, 5], [6, 2, 3, 3]).macs, 6 * 5 * 5 * 2 * 9);
    const transposed = node('ConvTranspose', ['x', 'w'], ['y'], { strides: [2, 2] });
    assert.equal(costOf([transposed], [1, 4, 5, 5], [4, 3, 2, 2]).macs, 4 * 5 * 5 * 3 * 4);
    const gemm = node('Gemm', ['x', 'w'], ['y'], { transB: 1 });
    assert.equal(costOf([gemm], [3, 4], [5, 4]).macs, 3 * 4 * 5);
    const matMul = node('MatMul', ['x', 'w'], ['y']);
    assert.equal(costOf([matMul], [2, 3, 4], [4, 5]).macs, 2 * 3 * 4 * 5);
  });

  it('agrees with what is published for ResNet-50', () => {
    // He et al. 2015, table 1: 3.8 G, which leaves out the projections (0.3 G).
    const { macs } = runCost(resNet50(), stated);
    assert.ok(macs > 3.8e9 && macs < 4.2e9, `${macs}`);
  });

  it('counts what is known', () => {
    const odd = { ...node('Foo', ['x'], ['f']), domain: 'my.ops' };
    const nodes = [node('MatMul', ['x', 'w'], ['y']), odd, node('MatMul', ['f', 'w'], ['z'])];
    assert.equal(costOf(nodes, [3, 4], [4, 5]).macs, 60);
  });

  it('sees what cannot run: nothing left to slide over, or a product that does not fit', () => {
    const conv = node('Conv', ['x', 'w'], ['y']);
    assert.equal(costOf([conv], [1, 1, 3, 3], [1, 1, 3, 3]).canRun, true);
    assert.equal(costOf([conv], [1, 1, 3, 2], [1, 1, 3, 3]).canRun, false);
    const gemm = node('Gemm', ['x', 'w'], ['y'], { transB: 1 });
    assert.equal(costOf([gemm], [1, 4], [5, 4]).canRun, true);
    assert.equal(costOf([gemm], [1, 5], [5, 4]).canRun, false);
  });

  it('finds the smallest map, but not what is pooled to a pixel', () => {
    const nodes = [
      node('Conv', ['x', 'w'], ['c'], { strides: [4, 4] }),
      node('AveragePool', ['c'], ['y'], { kernel_shape: [8, 8] }),
    ];
    assert.equal(costOf(nodes, [1, 1, 32, 32], [1, 1, 1, 1]).smallestSide, 8);
  });
});

describe('the budget of a proof', () => {
  it('is spent on both networks, and never on fewer than two probes', () => {
    assert.equal(affordableRuns(10, 100), 5);
    assert.equal(affordableRuns(1000, 100), 2);
    assert.equal(isAffordable(25, 2, 100), true);
    assert.equal(isAffordable(26, 2, 100), false);
  });

  it('has room for what the inputs and the largest value take in memory', () => {
    const conv = node('Conv', ['x', 'w'], ['y']);
    const cost = costOf([conv], [1, 3, 10, 10], [5, 3, 1, 1]);
    assert.equal(cost.feedBytes, 4 * 300);
    assert.deepEqual(cost.largest, { name: 'y', bytes: 4 * 500 });
    assert.equal(roomFor(cost, 4 * (500 + 3 * 300)), 3);
    assert.equal(roomFor(cost, 4 * 499), -1);
    assert.equal(isInMemory(cost), true);
    assert.equal(isInMemory(costOf([conv], [1, 3, 16384, 16384], [6, 3, 3, 3])), false);
  });
});
