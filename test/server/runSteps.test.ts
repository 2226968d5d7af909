import assert from 'node:assert/strict';
import { GraphDraft } from '../../server/core/graph/draft.ts';
import type { Graph } from '../../server/core/graph/graph.ts';
import { isFloat } from '../../server/core/graph/tensor.ts';
import { readFloats, withFloats } from '../../server/core/graph/tensorValues.ts';
import { noJob } from '../../server/core/job.ts';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import type { ModelDocument } from '../../server/formats/format.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { repair, repairDefaults } from '../../server/repair.ts';
import {
  runPass,
  runStep,
  runSteps,
  WrongOption,
  type StepContext,
} from '../../server/runSteps.ts';
import { documentOf, engineChild } from '../kit/documents.ts';
import { oneName, unknownFirst, whileFoldErrs } from '../kit/erringFold.ts';
import { tensor } from '../kit/graphs.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { perTensor } from '../kit/target.ts';

const graph = smallMobileNet();

/** A document whose edited graphs reach the engine with a value of `fc.w` doubled: a pass that errs. */
const spoiling = (spoils: (edited: Graph) => boolean): ModelDocument => ({
  ...documentOf(graph),
  encode(edited, extraOutputs) {
    const draft = new GraphDraft(edited);
    const weight = edited.tensors.get('fc.w');
    if (weight && spoils(edited)) {
      const values = readFloats(weight).map((value, at) => (at === 0 ? value + 1 : value));
      draft.setTensor('fc.w', withFloats(weight, values));
    }
    return { bytes: encodeGraph(draft.close(), extraOutputs), folder: '' };
  },
});

describe('running steps', () => {
  const engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 });
  after(() => engine.dispose());
  const context = (document = documentOf(graph)): StepContext => ({
    document,
    engine,
    seed: 1,
    target: defaultTarget,
  });

  it('proves what a step did', async () => {
    const outcome = await runStep(context(), graph, 'fold', {}, noJob);
    assert.equal(outcome.applied.length, 3);
    assert.equal(outcome.rolledBack, undefined);
    assert.ok(outcome.proof?.exact);
    assert.ok(outcome.proof.exercised);
    assert.equal(outcome.proof.samples, 4);
    assert.match(outcome.proof.source, /synthetic, seed 1/);
  });

  it('proves what it did to a network of doubles, which the runtime cannot run, in float32', async () => {
    const tensors = [...graph.tensors].map(([name, one]) => {
      const stored = tensor(name, one.dims, readFloats(one), 'float64');
      return [name, isFloat(one.type) ? stored : one] as const;
    });
    const asDouble = (infos: Graph['inputs']): Graph['inputs'] =>
      infos.map((info) => ({ ...info, type: 'float64' }));
    const doubles: Graph = {
      ...graph,
      inputs: asDouble(graph.inputs),
      outputs: asDouble(graph.outputs),
      tensors: new Map(tensors),
    };
    const outcome = await runStep(context(documentOf(doubles)), doubles, 'fold', {}, noJob);
    assert.equal(outcome.applied.length, 3);
    assert.ok(outcome.proof?.exact && outcome.proof.exercised, outcome.proof?.unavailable);
    assert.match(outcome.proof.source, /, in float32$/);
  });

  it('takes an exact step back that moved the outputs, and calls it a bug of ours', async () => {
    const wrong = context(spoiling((edited) => edited !== graph));
    const outcome = await runStep(wrong, graph, 'fold', {}, noJob);
    assert.equal(outcome.graph, graph);
    assert.deepEqual(outcome.edits, []);
    assert.deepEqual(outcome.applied, []);
    assert.equal(outcome.proof?.exact, false);
    assert.match(outcome.rolledBack ?? '', /fold claims to be exact.*taken back.*bug of ours/);
  });

  it('takes a step back after which the engine refuses the network, and calls it a bug of ours', async () => {
    const fold = () => runStep(context(), graph, 'fold', {}, noJob);
    const outcome = await whileFoldErrs(unknownFirst, fold);
    assert.equal(outcome.graph, graph);
    assert.deepEqual([outcome.edits, outcome.applied], [[], []]);
    assert.match(
      outcome.rolledBack ?? '',
      /cannot be run, which it could before: .*Nonesuch.*bug of ours/,
    );
  });

  it('takes nothing back where the engine refused the network before already', async () => {
    const odd = unknownFirst(graph);
    const outcome = await runStep(context(documentOf(odd)), odd, 'fold', {}, noJob);
    assert.equal(outcome.rolledBack, undefined);
    assert.ok(outcome.applied.length > 0);
    assert.match(outcome.proof?.unavailable ?? '', /Nonesuch/);
  });

  it('takes a step back that leaves nodes of one name, engine or not', async () => {
    for (const engineOrNot of [engine, undefined]) {
      const place = { ...context(), engine: engineOrNot };
      const outcome = await whileFoldErrs(oneName, () => runStep(place, graph, 'fold', {}, noJob));
      assert.equal(outcome.graph, graph);
      assert.match(outcome.rolledBack ?? '', /two nodes are named "same".*bug of ours/);
    }
  });

  it('goes on from what was there before a step that was taken back', async () => {
    // Only the folded graph is spoilt: what was not folded still has batch norms.
    const isFolded = ({ nodes }: Graph): boolean => !nodes.some(({ op }) => op.startsWith('Batch'));
    const outcomes = await runSteps(
      context(spoiling(isFolded)),
      graph,
      [
        { step: 'fold', options: {} },
        { step: 'clear', options: {} },
      ],
      noJob,
    );
    const [fold, clear] = outcomes;
    assert.ok(fold?.rolledBack);
    assert.equal(clear?.graph, graph);
  });

  it('proves nothing without an engine, and takes nothing back', async () => {
    const outcome = await runStep({ ...context(), engine: undefined }, graph, 'fold', {}, noJob);
    assert.equal(outcome.applied.length, 3);
    assert.equal(outcome.proof?.exercised, false);
    assert.equal(outcome.proof.exact, false);
    assert.match(outcome.proof.unavailable ?? '', /no engine/);
  });

  it('runs nothing where nothing changed', async () => {
    const folded = (await runPass(graph, 'fold', {}, noJob)).graph;
    const never = { ...context(), engine: undefined };
    const outcome = await runStep(never, folded, 'fold', {}, noJob);
    assert.equal(outcome.graph, folded);
    assert.equal(outcome.proof, undefined);
  });

  it('refuses options that a pass does not have', async () => {
    await assert.rejects(runPass(graph, 'fold', { speed: 2 }, noJob), WrongOption);
    await assert.rejects(runPass(graph, 'equalize', { layers: 'conv1' }, noJob), WrongOption);
  });

  it('repair keeps nothing of scaling that was taken back, whatever it would gain', async () => {
    const hasCaps = ({ nodes }: Graph): boolean => nodes.some(({ op }) => op === 'Min');
    const wrong = { ...context(spoiling(hasCaps)), target: perTensor };
    const outcome = await repair(wrong, graph, repairDefaults, noJob);
    const equalize = outcome.steps.find(({ id }) => id === 'equalize');
    assert.equal(equalize?.kept, false);
    assert.match(equalize.reason, /bug of ours/);
    assert.equal(outcome.gained, false);
    assert.ok(outcome.steps.filter(({ kept }) => kept).every(({ id }) => id === 'fold'));
    assert.ok(outcome.graph.nodes.every(({ op }) => op !== 'Min'));
  });
});
