import assert from 'node:assert/strict';
import { GraphDraft } from '../../server/core/graph/draft.ts';
import type { Graph } from '../../server/core/graph/graph.ts';
import { noJob } from '../../server/core/job.ts';
import type { ChildEngine } from '../../server/engines/childEngine.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { makeProbes } from '../../server/probes.ts';
import { prove } from '../../server/proof.ts';
import { allowForRounding } from '../../server/roundingNoise.ts';
import type { Proof } from '../../server/steps.ts';
import { documentOf, engineChild } from '../kit/documents.ts';
import { graphOf, node, tensor, valueInfo } from '../kit/graphs.ts';

/**
 * Two channels of `a` that are nearly the same are taken from one another in `z` and made large
 * again, so that z is rounding in its fourth digit; little of it comes to the output.
 */
const graph: Graph = graphOf({
  inputs: { x: [1, 1, 8, 8] },
  outputs: [valueInfo('y', undefined)],
  nodes: [
    node('Conv', ['x', 'w1'], ['a']),
    node('Conv', ['a', 'w2'], ['z']),
    node('Mul', ['z', 'little'], ['m']),
    node('Add', ['x', 'm'], ['y']),
  ],
  tensors: [
    tensor('w1', [2, 1, 1, 1], Float32Array.of(1, 1.0001)),
    tensor('w2', [1, 2, 1, 1], Float32Array.of(1e4, -1e4)),
    tensor('little', [], Float32Array.of(1e-3)),
  ],
});

/** Channels of `a` divided by factors, taken back in w2 but for `slip`. */
function scaled(slip: number): Graph {
  const draft = new GraphDraft(graph);
  draft.setTensor('w1', tensor('w1', [2, 1, 1, 1], Float32Array.of(1 / 3, 1.0001 / 0.7)));
  draft.setTensor('w2', tensor('w2', [1, 2, 1, 1], Float32Array.of(3e4 * slip, -0.7e4 * slip)));
  return draft.close();
}

describe('allowForRounding', () => {
  let engine: ChildEngine;
  before(() => (engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 })));
  after(() => engine.dispose());

  async function looked(slip: number): Promise<{ plain: Proof; allowed: Proof }> {
    const document = documentOf(graph);
    const options = { seed: 1, count: 4 };
    const plain = await prove(
      {
        ...{ engine, document, before: graph, after: scaled(slip) },
        correspondences: [{ before: 'z', after: 'z' }],
        claimsExact: true,
        probes: makeProbes(graph, options),
      },
      noJob,
    );
    const allowed = await allowForRounding({ document }, engine, graph, plain, options, noJob);
    return { plain, allowed };
  }

  it('takes for rounding what the last bits of the weights do too', async () => {
    const { plain, allowed } = await looked(1);
    assert.equal(plain.exact, false, 'float32 moves z by more than the tolerance');
    assert.equal(allowed.exact, true);
    assert.equal(allowed.rounding?.name, 'z');
    assert.ok((allowed.rounding?.maxRel ?? 0) > plain.tolerance);
  });

  it('does not take an error for rounding', async () => {
    // Five times as much as the last bits do, and still within what the output hides.
    const { plain, allowed } = await looked(1.008);
    assert.equal(plain.exact, false);
    assert.ok(plain.maxRel <= plain.tolerance, 'the output hides it');
    assert.deepEqual(allowed, plain);
  });

  it('leaves a step refuted that moves the outputs', async () => {
    const { plain, allowed } = await looked(2);
    assert.ok(plain.maxRel > plain.tolerance);
    assert.deepEqual(allowed, plain);
  });
});
