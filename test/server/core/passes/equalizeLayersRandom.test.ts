import assert from 'node:assert/strict';
import { checkGraph } from '../../../../server/core/graph/check.ts';
import { applyEdits, invertAll } from '../../../../server/core/graph/edits.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import { equalizeLayers } from '../../../../server/core/passes/equalizeLayers.ts';
import { invariant } from '../../../kit/equalizing.ts';
import { intTensor, node, tensor, valueInfo } from '../../../kit/graphs.ts';
import { Net } from '../../../kit/net.ts';
import { Random } from '../../../kit/random.ts';
import { sameOutputs } from '../../../kit/run.ts';

/** A network of random layers with random things between, a fork now and then, and two outputs. */
function randomNetwork(seed: number): Graph {
  const random = new Random(seed);
  const net = new Net([1, 3, 10, 10], seed);
  let channels = 3;
  const extra: string[] = [];
  for (let at = 0; at < 7; at++) {
    channels = addLayer(net, `l${at}`, channels, random);
    addBetween(net, channels, random, at);
    if (random.int(0, 7) === 0) extra.push(net.value);
    if (random.int(0, 5) === 0) addFork(net, `f${at}`, channels, random);
  }
  if (random.int(0, 1) === 0) {
    net.op('GlobalAveragePool').op('Flatten').conv('fc', [channels, 4], 4, {}, 'Gemm');
  }
  const graph = net.graph();
  const inner = extra.filter((name) => name !== net.value).slice(0, 1);
  return { ...graph, outputs: [...graph.outputs, ...inner.map((name) => valueInfo(name))] };
}

function addLayer(net: Net, name: string, channels: number, random: Random): number {
  const out = random.pick([4, 6, 8]);
  const kernel = random.pick([1, 3]);
  const pads = [kernel, kernel, kernel, kernel].map((size) => (size - 1) / 2);
  const kind = random.int(0, 5);
  if (kind <= 1) {
    net.conv(name, [out, channels, kernel, kernel], out, { pads });
    return out;
  }
  if (kind === 2) {
    net.conv(name, [channels, out, kernel, kernel], out, { pads }, 'ConvTranspose');
    return out;
  }
  if (kind === 3 && channels % 2 === 0) {
    net.conv(name, [out, channels / 2, kernel, kernel], out, { pads, group: 2 });
    return out;
  }
  const op = random.pick(['Conv', 'ConvTranspose']);
  net.conv(name, [channels, 1, kernel, kernel], channels, { pads, group: channels }, op);
  return channels;
}

/** Bounds near the size of the values: far below it, each would multiply the rounding before it. */
function addBetween(net: Net, channels: number, random: Random, at: number): void {
  switch (random.int(0, 9)) {
    case 0:
      net.op(random.pick(['Sigmoid', 'Abs', 'Identity', 'LeakyRelu']));
      return;
    case 1:
      net.clip(40).op('MaxPool', { kernel_shape: [2, 2], pads: [1, 1, 0, 0] });
      return;
    case 2:
      net.op('Clip', {}, [tensor(`low${at}`, [], [-20]), tensor(`high${at}`, [], [60])]);
      return;
    case 3:
      net.relu().op('Pad', {}, [intTensor(`zeros${at}`, [0, 0, 1, 0, 0, 0, 0, 1])]);
      return;
    case 4:
      net.op('PRelu', {}, [tensor(`slope${at}`, [channels, 1, 1], 0.25)]);
      return;
    case 5:
    case 6:
      net.clip(30);
      return;
    default:
      net.relu();
  }
}

function addFork(net: Net, name: string, channels: number, random: Random): void {
  const before = net.value;
  net.conv(name, [channels, channels, 1, 1], channels);
  net.add(node(random.pick(['Add', 'Mul', 'Max']), [net.value, before], [`${name}.joined`]));
}

describe('equalizeLayers on random networks', () => {
  for (let seed = 1; seed <= 60; seed++) {
    it(`seed ${seed}`, async () => {
      const graph = randomNetwork(seed);
      assert.deepEqual(checkGraph(graph), []);
      const passes = seed % 3 === 0 ? 'converge' : 1;
      const options = { ...equalizeLayers.defaults, passes } as const;
      const result = await equalizeLayers.run(graph, options, noJob);
      assert.deepEqual(checkGraph(result.graph), []);
      assert.deepEqual(applyEdits(result.graph, invertAll(result.edits)), graph);
      await sameOutputs(graph, result.graph, new Random(seed), invariant);
      const again = await equalizeLayers.run(graph, options, noJob);
      assert.deepEqual(again, result);
    });
  }
});
