import assert from 'node:assert/strict';
import type { Graph, ValueInfo } from '../../server/core/graph/graph.ts';
import type { ElementType } from '../../server/core/graph/tensor.ts';
import { floatTensor, readFloats } from '../../server/core/graph/tensorValues.ts';
import { noJob } from '../../server/core/job.ts';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import type { Engine } from '../../server/engines/engine.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { runStep } from '../../server/runSteps.ts';
import type { StepOutcome } from '../../server/steps.ts';
import { documentOf, engineChild } from '../kit/documents.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';

/** The small network with its weights, inputs and outputs in another type. */
function storedAs(type: ElementType): Graph {
  const graph = smallMobileNet();
  const typed = (value: ValueInfo): ValueInfo => ({ ...value, type });
  const tensors = [...graph.tensors].map(
    ([name, made]) => [name, floatTensor(name, made.dims, readFloats(made), type)] as const,
  );
  const { inputs, outputs } = graph;
  const ends = { inputs: inputs.map(typed), outputs: outputs.map(typed) };
  return { ...graph, ...ends, tensors: new Map(tensors) };
}

describe('an exact step on weights stored in 16 bits', () => {
  const engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 });
  after(() => engine.dispose());

  /** An engine that finds at least this relative error everywhere. */
  const finding = (error: number): Engine => ({
    ...engine,
    compare: async (...all) => {
      const differences = await engine.compare(...all);
      return differences.map((each) => ({
        ...each,
        maxRelative: Math.max(each.maxRelative, error),
      }));
    },
  });
  const fold = (graph: Graph, by: Engine = engine): Promise<StepOutcome> => {
    const context = { document: documentOf(graph), engine: by, seed: 1, target: defaultTarget };
    return runStep(context, graph, 'fold', {}, noJob);
  };

  it('is proved in float32 besides', async () => {
    const { proof, rolledBack, applied } = await fold(storedAs('float16'));
    assert.equal(rolledBack, undefined);
    assert.equal(applied.length, 3);
    assert.deepEqual([proof?.exact, proof?.tolerance], [true, 2e-2]);
    const { float32 } = proof ?? {};
    assert.ok(float32 && 'exact' in float32, JSON.stringify(float32));
    // Some roundings of float32, 6e-8 each, of which the 16 bits know nothing.
    assert.ok(float32.maxRel > 0 && float32.maxRel < 1e-5, `${float32.maxRel}`);
  });

  it('is taken back for an error that only float32 shows', async () => {
    const graph = storedAs('float16');
    const outcome = await fold(graph, finding(1e-3)); // within 2e-2, beyond 1e-4
    assert.equal(outcome.graph, graph);
    assert.match(outcome.rolledBack ?? '', /values in float32 by 1\.0e-3 \(allowed: 1e-4\)/);
    assert.deepEqual(outcome.proof?.float32, { maxRel: 1e-3, tolerance: 1e-4, exact: false });
    assert.equal(outcome.proof.exact, false);
  });

  it('is proved in float32 where bfloat16 cannot be run', async () => {
    const { proof, rolledBack } = await fold(storedAs('bfloat16'));
    assert.equal(rolledBack, undefined);
    assert.match(proof?.unavailable ?? '', /bfloat16/);
    assert.ok(proof?.float32 && 'exact' in proof.float32 && proof.float32.exact);
  });

  it('says why it was not', async () => {
    const graph = storedAs('float16');
    const [first, ...rest] = graph.nodes;
    assert.ok(first);
    const opaque = { ...first, attributes: new Map(first.attributes).set('x', { kind: 'opaque' }) };
    const { proof } = await fold({ ...graph, nodes: [opaque, ...rest] });
    assert.deepEqual(proof?.float32, {
      unavailable: 'the inside of "conv1" cannot be made float32',
    });
  });

  it('is not needed where they are wide', async () => {
    assert.equal((await fold(storedAs('float32'))).proof?.float32, undefined);
  });
});
