import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import type { CockpitState, Strip } from '../../../server/protocol/cockpit.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { batchNorm, plain, together } from '../../kit/batchNorms.ts';
import { graphOf, node, randomTensor, tensor } from '../../kit/graphs.ts';
import { openedModel } from '../../kit/openedModel.ts';
import { Random } from '../../kit/random.ts';

const channels = 8;
const inputs = channels * 4 * 4;

/**
 * conv 3 to 8, its batch norm, an activation, Flatten, fc 128 to 5; the weights of fc grow with the
 * channel. `isTiled`: channels stand last before Flatten, as Keras has them.
 */
function flat(activation: 'Relu' | 'Clip', isTiled = false): Buffer {
  const random = new Random(3);
  const channelOf = (at: number): number => (isTiled ? at % channels : Math.floor(at / 16));
  const fc = Array.from({ length: 5 * inputs }, (_, at) => 1 + channelOf(at % inputs));
  const { nodes, tensors } = together(
    plain(node('Conv', ['x', 'conv.w'], ['c'], { kernel_shape: [1, 1] }, 'conv')),
    batchNorm(random, 'c', 'n', channels),
    plain(
      node(activation, activation === 'Clip' ? ['n', 'zero', 'six'] : ['n'], ['r']),
      ...(isTiled ? [node('Transpose', ['r'], ['t'], { perm: [0, 2, 3, 1] })] : []),
      node('Flatten', [isTiled ? 't' : 'r'], ['f']),
      node('Gemm', ['f', 'fc.w'], ['y'], { transB: 1 }, 'fc'),
    ),
  );
  const graph = graphOf({
    inputs: { x: [1, 3, 4, 4] },
    outputs: ['y'],
    nodes,
    tensors: [
      ...tensors,
      randomTensor(random, 'conv.w', [channels, 3, 1, 1]),
      tensor('fc.w', [5, inputs], fc),
      tensor('zero', [], [0]),
      tensor('six', [], [6]),
    ],
  });
  return Buffer.from(encodeGraph(graph, []));
}

describe('the cockpit of a layer behind a Flatten', () => {
  const model = openedModel();
  const cockpitOf = async (state: ModelState, name: string): Promise<CockpitState> => {
    const layer = state.layers.find((row) => row.name === name)?.id ?? -1;
    return model.client.ask(rpc.describeLayer, { ...model.on(state), layer });
  };
  const reads = ({ sets }: CockpitState): Extract<Strip, { kind: 'range' }> => {
    const strip = sets[0]?.strips.at(-1);
    assert.ok(strip?.kind === 'range' && strip.role === 'reads');
    return strip;
  };
  const upwards = Array.from({ length: channels }, (_, channel) => 1 + channel);

  for (const isTiled of [false, true]) {
    it(`has its inputs by channel before batch norms are folded${isTiled ? ', tiled' : ''}`, async () => {
      writeFileSync(model.path, flat('Relu', isTiled));
      const cockpit = await cockpitOf(await model.open(), 'fc');
      const [set] = cockpit.sets;
      assert.deepEqual(
        set?.strips.map((strip) => (strip.kind === 'range' ? strip.now : strip.factor).length),
        [channels, channels, channels],
      );
      assert.deepEqual(reads(cockpit).now, upwards);
      assert.deepEqual([set?.channels, reads(cockpit).inputsEach], [channels, 16]);
    });
  }

  it('has them so when they were scaled through a clamp, which puts nodes between', async () => {
    writeFileSync(model.path, flat('Clip'));
    const { state } = await model.apply(await model.open(), 'fold', 'equalize');
    const cockpit = await cockpitOf(state, 'fc');
    const [made, factor] = cockpit.sets[0]?.strips ?? [];
    assert.ok(made?.kind === 'range' && factor?.kind === 'factor' && factor.isApplied);
    const { now } = reads(cockpit);
    assert.equal(now.length, channels);
    for (const [at, top] of now.entries()) {
      const scaled = (upwards[at] ?? NaN) * (factor.factor[at] ?? NaN);
      assert.ok(Math.abs(top / scaled - 1) < 1e-6, `${top} is ${scaled}`);
    }
  });

  it('counts the inputs of dead channels, also behind a Concat', async () => {
    const random = new Random(3);
    const weights = Array.from(random.normal(channels * 3), (w, at) =>
      Math.floor(at / 3) === 5 ? 0 : w,
    );
    const graph = graphOf({
      inputs: { x: [1, 3, 4, 4] },
      outputs: ['y'],
      nodes: [
        node('Conv', ['x', 'a.w', 'b'], ['a'], { kernel_shape: [1, 1] }),
        node('Conv', ['x', 'b.w', 'b'], ['b1'], { kernel_shape: [1, 1] }),
        node('Relu', ['a'], ['ra']),
        node('Relu', ['b1'], ['rb']),
        node('Concat', ['ra', 'rb'], ['both'], { axis: 1 }),
        node('Conv', ['both', 'fc.w'], ['y'], { kernel_shape: [1, 1] }, 'fc'),
      ],
      tensors: [
        tensor('a.w', [channels, 3, 1, 1], weights),
        randomTensor(random, 'b.w', [channels, 3, 1, 1]),
        tensor('b', [channels], -1),
        randomTensor(random, 'fc.w', [5, 2 * channels, 1, 1]),
      ],
    });
    writeFileSync(model.path, encodeGraph(graph, []));
    const { cause } = await cockpitOf(await model.open(), 'fc');
    assert.match(cause.map(({ text }) => text).join(''), / 1 channel it reads is always 0/);
  });
});
