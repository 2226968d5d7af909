import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { graphOf, node, randomTensor, tensor } from '../../kit/graphs.ts';
import { openedModel } from '../../kit/openedModel.ts';
import { Random } from '../../kit/random.ts';

/**
 * Two pairs with high biases: between `one` and `two` the weights reach much further than the batch
 * norm says, so that absorbing moves the outputs; `four` pads, so that `three` cannot give it anything,
 * and neither can `two` give `three`, for the Sigmoid.
 */
function twoPairs(): Graph {
  const random = new Random(5);
  const norm = (name: string): ReturnType<typeof tensor>[] => [
    tensor(`${name}.gamma`, [4], [1, 2, 1, 1]),
    tensor(`${name}.beta`, [4], [10, 8, 0.5, -4]),
    tensor(`${name}.mean`, [4], 0),
    tensor(`${name}.variance`, [4], 1),
  ];
  const normed = (name: string, from: string, to: string): ReturnType<typeof node> => {
    const parts = ['gamma', 'beta', 'mean', 'variance'].map((part) => `${name}.${part}`);
    return node('BatchNormalization', [from, ...parts], [to], {}, name);
  };
  return graphOf({
    inputs: { x: [1, 3, 6, 6] },
    outputs: ['y'],
    nodes: [
      node('Conv', ['x', 'one.w'], ['a'], { kernel_shape: [1, 1] }, 'one'),
      normed('bn1', 'a', 'b'),
      node('Relu', ['b'], ['c'], {}, 'relu1'),
      node('Conv', ['c', 'two.w', 'two.b'], ['d'], { kernel_shape: [3, 3] }, 'two'),
      node('Sigmoid', ['d'], ['e'], {}, 'sigmoid'),
      node('Conv', ['e', 'three.w'], ['f'], { kernel_shape: [1, 1] }, 'three'),
      normed('bn2', 'f', 'g'),
      node('Relu', ['g'], ['h'], {}, 'relu2'),
      node(
        'Conv',
        ['h', 'four.w', 'four.b'],
        ['y'],
        { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
        'four',
      ),
    ],
    tensors: [
      randomTensor(random, 'one.w', [4, 3, 1, 1], { std: 30 }),
      ...norm('bn1'),
      randomTensor(random, 'two.w', [2, 4, 3, 3]),
      randomTensor(random, 'two.b', [2]),
      randomTensor(random, 'three.w', [4, 2, 1, 1], { std: 0.3 }),
      ...norm('bn2'),
      randomTensor(random, 'four.w', [2, 4, 3, 3]),
      randomTensor(random, 'four.b', [2]),
    ],
  });
}

/** How many places the ledger, which a report lists, says a step was refused. */
const listed = ({ ledger }: ModelState, ...titles: string[]): number =>
  ledger.filter(({ outcome, step }) => outcome === 'refused' && titles.includes(step)).length;

describe('places that a step is refused', () => {
  const model = openedModel();

  it('are as many in the step line as in the ledger, with how many for which reason', async () => {
    writeFileSync(model.path, encodeGraph(twoPairs(), []));
    const opened = await model.open();
    const { notes, ...reply } = await model.client.ask(rpc.repairModel, model.on(opened));
    const state = await model.client.whole(reply.state);
    const absorb = state.steps.find(({ id }) => id === 'absorb');
    assert.equal(listed(state, 'Absorb'), 3);
    assert.equal(absorb?.what, '3 refused');
    assert.match(absorb.gain, /^2 by structure, 1 moves outputs by [\d.]+ of the largest$/);
    const said = notes.filter((note) => note.startsWith('Left out in 1 place: absorbing moves'));
    assert.match(said.join(), /2 more places are refused by structure\.$/);
  });
});
