import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import type { Graph } from '../../../server/core/graph/graph.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { node } from '../../kit/graphs.ts';
import { highBias } from '../../kit/highBias.ts';
import { openedModel } from '../../kit/openedModel.ts';

/** The same, with a second layer that pads its input with 0. */
function padded(): Graph {
  const graph = highBias();
  const pads = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
  const { attributes } = node('Conv', [], [], pads);
  const nodes = graph.nodes.map((one) => (one.name === 'two' ? { ...one, attributes } : one));
  return { ...graph, nodes };
}

describe('what would unblock a place of the ledger', () => {
  const model = openedModel();

  it('does: a preview with the options that the ledger gives', async () => {
    writeFileSync(model.path, encodeGraph(padded(), []));
    const state = await model.open();
    const refused = state.ledger.find(({ code }) => code === 'padded');
    assert.equal(refused?.outcome, 'refused');
    const step = refused.action?.preview;
    assert.ok(step);
    const steps = [{ step: step.step, options: { ...step.options } }];
    const seen = await model.see(rpc.previewSteps, { ...model.on(state), steps });
    const [absorbed] = seen.ledger.filter(({ step: of }) => of === 'Absorb');
    assert.equal(absorbed?.outcome, 'done');
    // It was refused since it is not exact: the preview says how far the outputs move.
    const proof = seen.proofs.find(({ step: of }) => of === 'Absorb');
    assert.equal(proof?.exact, false);
    assert.ok(proof.maxRel > 0.01);
  });
});
