import assert from 'node:assert/strict';
import { GraphDraft } from '../../server/core/graph/draft.ts';
import type { Graph } from '../../server/core/graph/graph.ts';
import { Cancelled, noJob } from '../../server/core/job.ts';
import type { Correspondence } from '../../server/core/passes/pass.ts';
import { EngineFault, type Engine, type Feeds } from '../../server/engines/engine.ts';
import type { ChildEngine } from '../../server/engines/childEngine.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { makeProbes, type ProbeSet } from '../../server/probes.ts';
import { prove, toleranceOf } from '../../server/proof.ts';
import type { Proof } from '../../server/steps.ts';
import { documentOf, engineChild } from '../kit/documents.ts';
import { graphOf, node, randomTensor, tensor, valueInfo, type NodeSpec } from '../kit/graphs.ts';
import { Random } from '../kit/random.ts';

const random = new Random(5);
const w1 = randomTensor(random, 'w1', [4, 3, 3, 3]);
const w2 = randomTensor(random, 'w2', [2, 4, 1, 1]);

/** x -> Conv w1 (b1) -> Relu -> Conv w2 -> (tail). */
function network(tail: readonly NodeSpec[] = [node('Identity', ['z'], ['y'])], bias = 0): Graph {
  return graphOf({
    inputs: { x: [1, 3, 8, 8] },
    outputs: [valueInfo('y', undefined)],
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], ['a']),
      node('Relu', ['a'], ['r']),
      node('Conv', ['r', 'w2'], ['z']),
      ...tail,
    ],
    tensors: [w1, tensor('b1', [4], bias), w2],
  });
}

const factors = [0.5, 4, 1, 20];

/** Channels of `a` divided by the factors, taken back in w2; `slip` spoils the taking back. */
function scaled(graph: Graph, slip = 1): { after: Graph; correspondences: Correspondence[] } {
  const draft = new GraphDraft(graph);
  const values = (name: string): Float32Array =>
    new Float32Array((graph.tensors.get(name)?.data.read() ?? new Uint8Array()).slice().buffer);
  const first = values('w1').map((value, at) => value / (factors[Math.floor(at / 27)] ?? 1));
  const bias = values('b1').map((value, at) => value / (factors[at] ?? 1));
  const second = values('w2').map((value, at) => value * (factors[at % 4] ?? 1) * slip);
  draft.setTensor('w1', tensor('w1', [4, 3, 3, 3], first));
  draft.setTensor('b1', tensor('b1', [4], bias));
  draft.setTensor('w2', tensor('w2', [2, 4, 1, 1], second));
  return { after: draft.close(), correspondences: [{ before: 'a', after: 'a', divisor: factors }] };
}

/** Four probes, the third of which is up to 255 as raw pixels are. */
function withRawPixels(graph: Graph): ProbeSet {
  const probes = makeProbes(graph, { seed: 1, count: 4 });
  const raw = (feed: Feeds): Feeds =>
    new Map(
      [...feed].map(([name, made]) => [
        name,
        {
          ...made,
          values: Float32Array.from(made.values as Float32Array, (x) => 255 * Math.abs(x)),
        },
      ]),
    );
  return { ...probes, feeds: probes.feeds.map((feed, at) => (at === 2 ? raw(feed) : feed)) };
}

describe('prove', () => {
  let engine: ChildEngine;
  before(() => (engine = createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 })));
  after(() => engine.dispose());

  const proofOf = (
    before: Graph,
    changed: { after: Graph; correspondences: readonly Correspondence[] },
    claimsExact = true,
    by: Engine = engine,
    probes = makeProbes(before, { seed: 1, count: 4 }),
  ): Promise<Proof> =>
    prove(
      {
        engine: by,
        document: documentOf(before),
        before,
        ...changed,
        claimsExact,
        probes,
      },
      noJob,
    );

  it('proves an exact step, outputs and activations, with their scale undone', async () => {
    const proof = await proofOf(network(), scaled(network()));
    assert.equal(proof.exact, true);
    assert.equal(proof.exercised, true);
    assert.equal(proof.samples, 4);
    assert.equal(proof.source, 'synthetic, seed 1');
    assert.equal(proof.tolerance, 1e-4);
    assert.ok(proof.maxRel < 1e-6, `${proof.maxRel}`); // a few roundings of float32, 6e-8 each
    assert.deepEqual(
      proof.values.map(({ name, kind }) => [name, kind]),
      [
        ['y', 'output'],
        ['r', 'activation'],
      ],
    );
  });

  it('finds a step that is not exact, and by how much', async () => {
    const proof = await proofOf(network(), scaled(network(), 1.01));
    assert.equal(proof.exact, false);
    assert.equal(proof.exercised, true);
    assert.ok(Math.abs(proof.maxRel - 0.01) < 1e-5, `${proof.maxRel}`); // everything is 1 % off
  });

  it('finds an error on small inputs that a probe of raw pixels would drown', async () => {
    // y = x + 1 against y = x + 1.01: 0.01 of 2 on [0, 1), of less than 12 on others, of 256 on raw ones.
    const plus = (value: number): Graph =>
      graphOf({
        inputs: { x: [1, 3, 8, 8] },
        outputs: ['y'],
        nodes: [node('Add', ['x', 'c'], ['y'])],
        tensors: [tensor('c', [], value)],
      });
    const same = { after: plus(1.01), correspondences: [] };
    const proof = await proofOf(plus(1), same, true, engine, withRawPixels(plus(1)));
    assert.ok(proof.maxRel > 0.01 / 2.001 && proof.maxRel < 0.01, `${proof.maxRel}`);
  });

  it('finds a spoiled activation although the outputs agree', async () => {
    const { after } = scaled(network());
    const wrong: Correspondence[] = [{ before: 'a', after: 'a', divisor: [0.5, 4, 1, 19] }];
    const proof = await proofOf(network(), { after, correspondences: wrong });
    assert.ok(proof.maxRel < 1e-6);
    assert.equal(proof.exact, false);
  });

  it('does not call a step exact that does not claim to be', async () => {
    const proof = await proofOf(network(), scaled(network()), false);
    assert.equal(proof.exact, false);
    assert.ok(proof.maxRel < 1e-6);
  });

  it('compares what feeds a final Softmax, also through a Reshape', async () => {
    const tail = [
      node('Flatten', ['z'], ['f']),
      node('Softmax', ['f'], ['p'], { axis: 1 }),
      node('Identity', ['p'], ['y']),
    ];
    const proof = await proofOf(network(tail), scaled(network(tail)));
    assert.deepEqual(
      proof.values.map(({ name, kind }) => [name, kind]),
      [
        ['y', 'output'],
        ['f', 'logits'],
        ['r', 'activation'],
      ],
    );
    assert.equal(proof.exact, true);
  });

  it('holds a step to its logits although the saturated output agrees', async () => {
    const tail = [node('Mul', ['z', 'huge'], ['l']), node('Sigmoid', ['l'], ['y'])];
    const graph = network(tail);
    const before = {
      ...graph,
      tensors: new Map([...graph.tensors, ['huge', tensor('huge', [], 1e6)]]),
    };
    const proof = await proofOf(before, scaled(before, 1.01));
    assert.equal(proof.exact, false);
    assert.ok((proof.values.find(({ kind }) => kind === 'logits')?.maxRel ?? 0) > 0.009);
  });

  it('says that nothing was exercised where no changed channel was ever active', async () => {
    // With this bias every channel is negative on all probes, so Relu passes nothing on.
    const dead = network(undefined, -1e6);
    const proof = await proofOf(dead, scaled(dead));
    assert.deepEqual([proof.exercised, proof.exact, proof.maxAbs], [false, false, 0]);
    assert.deepEqual([proof.activeChannels, proof.changedChannels], [0, 3]);
  });

  it('counts the changed channels that were active, and takes no other for them', async () => {
    const withBias = (bias: readonly number[]): Graph => {
      const draft = new GraphDraft(network());
      draft.setTensor('b1', tensor('b1', [4], bias));
      return draft.close();
    };
    const partly = withBias([-1e6, 0, 0, 0]);
    const some = await proofOf(partly, scaled(partly));
    assert.deepEqual([some.exercised, some.activeChannels, some.changedChannels], [true, 2, 3]);
    // Channels 1 to 3 are as active as can be, and nothing was done to them.
    const same = { after: partly, correspondences: [{ before: 'a', after: 'a', changed: [0] }] };
    const none = await proofOf(partly, same);
    assert.deepEqual([none.exercised, none.activeChannels, none.changedChannels], [false, 0, 1]);
  });

  it('wants an active channel of every changed activation', async () => {
    const graph = network(undefined, -1e6); // r is 0 throughout, z its image
    const live = graphOf({
      inputs: { x: [1, 3, 8, 8] },
      outputs: [valueInfo('y', undefined), valueInfo('s', undefined)],
      nodes: [...graph.nodes, node('Identity', ['x'], ['s'])],
      tensors: [...graph.tensors.values()],
    });
    const both = ['a', 's'].map((name) => ({ before: name, after: name }));
    const proof = await proofOf(live, { after: live, correspondences: both });
    assert.deepEqual([proof.exercised, proof.activeChannels, proof.changedChannels], [false, 3, 7]);
  });

  it('compares shifted activations before the activation function', async () => {
    const before = network(undefined, 10);
    const draft = new GraphDraft(before);
    draft.setTensor('b1', tensor('b1', [4], 9));
    const correspondences = [{ before: 'a', after: 'a', offset: [1, 1, 1, 1] }];
    const proof = await proofOf(before, { after: draft.close(), correspondences }, false);
    const activation = proof.values.find(({ kind }) => kind === 'activation');
    assert.equal(activation?.name, 'a');
    assert.ok((activation?.maxRel ?? 1) < 1e-6);
  });

  it('leaves probes out on which the network itself is not finite, and says so', async () => {
    // exp(x) of the third probe is infinite; then 0 * inf is NaN.
    const before = graphOf({
      inputs: { x: [1, 3, 8, 8] },
      outputs: ['y'],
      nodes: [
        node('Exp', ['x'], ['e']),
        node('Mul', ['e', 'zero'], ['m']),
        node('Add', ['m', 'x'], ['y']),
      ],
      tensors: [tensor('zero', [], 0)],
    });
    const same = { after: before, correspondences: [] };
    const proof = await proofOf(before, same, true, engine, withRawPixels(before));
    assert.equal(proof.samples, 3);
    assert.match(proof.source, /^synthetic, seed 1; 1 of 4 left out/);
    assert.equal(proof.exact, true);
  });

  it('proves nothing where the network is never finite', async () => {
    const before = graphOf({
      inputs: { x: [1, 4] },
      outputs: ['y'],
      nodes: [node('Mul', ['x', 'bad'], ['y'])],
      tensors: [tensor('bad', [], NaN)],
    });
    const proof = await proofOf(before, { after: before, correspondences: [] });
    assert.equal(proof.exercised, false);
    assert.match(proof.unavailable ?? '', /"y" values that are not finite on every probe/);
  });

  it('fails a step that makes something infinite', async () => {
    const { after } = scaled(network());
    const draft = new GraphDraft(after);
    draft.setTensor('b1', tensor('b1', [4], [0, Infinity, 0, 0]));
    const proof = await proofOf(network(), { after: draft.close(), correspondences: [] });
    assert.deepEqual([proof.exact, proof.exercised, proof.maxRel], [false, true, Infinity]);
  });

  it('names the operator that cannot be run', async () => {
    const custom = network([{ ...node('Foo', ['z'], ['y']), domain: 'my.ops' }]);
    const before = { ...custom, opsets: new Map([...custom.opsets, ['my.ops', 1]]) };
    const proof = await proofOf(before, scaled(before));
    assert.deepEqual([proof.exercised, proof.exact, proof.samples], [false, false, 0]);
    assert.match(proof.unavailable ?? '', /no operator Foo of the domain my\.ops/);
  });

  it('says that the runtime is not available', async () => {
    const none = createOnnxRuntimeEngine({ childPath: engineChild, execPath: '/nowhere/node' });
    const proof = await proofOf(network(), scaled(network()), true, none);
    assert.match(proof.unavailable ?? '', /cannot be started/);
  });

  it('goes on with the outputs alone where the activations cannot be had', async () => {
    let asked = 0;
    const forgetful: Engine = {
      ...engine,
      compare: (before, after, feeds, values, job) => {
        asked++;
        return values.length > 1
          ? Promise.reject(new EngineFault('cannot-run', 'too little memory'))
          : engine.compare(before, after, feeds, values, job);
      },
    };
    const proof = await proofOf(network(), scaled(network()), true, forgetful);
    assert.equal(asked, 2);
    assert.deepEqual(
      proof.values.map(({ kind }) => kind),
      ['output'],
    );
    assert.ok(proof.maxRel < 1e-6);
    // Nobody saw whether a changed channel was active.
    assert.deepEqual([proof.exact, proof.exercised], [false, false]);
    assert.match(proof.unavailable ?? '', /no value that was changed could be compared/);
  });

  it('says which of the probes it compares', async () => {
    const texts = new Set<string | undefined>();
    const slowly: Engine = {
      ...engine,
      open: (...all) => engine.open(...all),
      compare: async (before, after, feeds, values, job) => {
        for (const done of feeds.keys()) {
          await job.checkpoint(done, feeds.length, 'Comparing outputs');
        }
        return engine.compare(before, after, feeds, values, noJob);
      },
    };
    const request = {
      engine: slowly,
      document: documentOf(network()),
      before: network(),
      ...scaled(network()),
      claimsExact: true,
      probes: makeProbes(network(), { seed: 1, count: 3 }),
    };
    await prove(request, {
      checkpoint: (_done, _total, what) => (texts.add(what), noJob.checkpoint(0, 1)),
    });
    assert.deepEqual(
      [...texts],
      [1, 2, 3].map((one) => `Comparing outputs ${one} of 3`),
    );
  });

  it('passes a stop on', async () => {
    const request = {
      engine,
      document: documentOf(network()),
      before: network(),
      ...scaled(network()),
      claimsExact: true,
      probes: makeProbes(network(), { seed: 1, count: 2 }),
    };
    const stopped = { checkpoint: () => Promise.reject(new Cancelled()) };
    await assert.rejects(prove(request, stopped), Cancelled);
  });
});

describe('toleranceOf', () => {
  const convOf = (type: 'float32' | 'float16' | 'bfloat16' | 'float64'): Graph =>
    graphOf({
      inputs: { x: [1, 1, 2, 2] },
      outputs: ['y'],
      nodes: [node('Conv', ['x', 'w'], ['y'])],
      tensors: [tensor('w', [1, 1, 1, 1], 1, type)],
    });

  it('follows the type the weights are stored in', () => {
    assert.deepEqual(
      (['float32', 'float64', 'float16', 'bfloat16'] as const).map((type) =>
        toleranceOf(convOf(type)),
      ),
      [1e-4, 1e-4, 2e-2, 1e-1],
    );
  });
});
