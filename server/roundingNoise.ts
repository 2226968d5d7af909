import { GraphDraft } from './core/graph/draft.ts';
import type { Graph } from './core/graph/graph.ts';
import { layersOf } from './core/graph/layer.ts';
import { elementCount, type Tensor } from './core/graph/tensor.ts';
import { readFloats, withFloats } from './core/graph/tensorValues.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { Job } from './core/job.ts';
import { SeededRandom } from './core/random.ts';
import type { Engine } from './engines/engine.ts';
import type { ModelDocument } from './formats/format.ts';
import { runnableProbes, type ProbeOptions } from './probes.ts';
import { prove } from './proof.ts';
import type { Proof } from './steps.ts';

/** How many times what the last bits of the weights move a step may, and still be rounding. */
const noiseFactor = 3;
/** Above this share of its largest value an activation does not move by rounding. */
const mostRounding = 1e-2;
/** Weights above this are not rounded anew to see what that does: 256 MB of float32. */
const mostElements = 64 * 2 ** 20;

/**
 * A proof in which nothing moved by more than the tolerance but activations, looked at again: some
 * networks amplify the rounding of float32 on the way, and take it back before the end. The weights
 * are moved in their last bit, up or down by chance, which is what scaling does to them; where that
 * alone moves an activation as much as the step did, the step is exact.
 */
export async function allowForRounding(
  { document }: { readonly document: Pick<ModelDocument, 'graph' | 'encode'> },
  engine: Engine,
  before: Graph,
  proof: Proof,
  options: ProbeOptions,
  job: Job,
): Promise<Proof> {
  const moved = proof.values.filter(({ maxRel }) => !(maxRel <= proof.tolerance));
  const [worst] = [...moved].sort((a, b) => b.maxRel - a.maxRel);
  if (!worst || proof.exact || !proof.exercised || !(worst.maxRel <= mostRounding)) return proof;
  if (moved.some(({ kind }) => kind !== 'activation')) return proof;
  const jittered = inTheLastBit(before, options.seed);
  const probes = await runnableProbes(engine, document, options, job);
  if (!jittered || !probes.ok) return proof;
  const same = await prove(
    {
      ...{ engine, document, before, after: jittered },
      correspondences: moved.map(({ name }) => ({ before: name, after: name })),
      claimsExact: false,
      probes: probes.value,
    },
    job,
  );
  const noise = new Map(same.values.map(({ name, maxRel }) => [name, maxRel]));
  const isRounding = moved.every(
    ({ name, maxRel }) => maxRel <= noiseFactor * (noise.get(name) ?? 0),
  );
  if (!isRounding) return proof;
  const { name, maxRel } = worst;
  return { ...proof, exact: true, rounding: { name, maxRel, noise: noise.get(name) ?? 0 } };
}

/** The graph with each weight and bias of its layers moved by up to a last bit of float32. */
function inTheLastBit(graph: Graph, seed: number): Graph | undefined {
  const random = new SeededRandom(seed);
  const tensors = new Map<string, Tensor>();
  for (const { weight, bias } of layersOf(graph, wiringOf(graph))) {
    for (const tensor of [weight, bias]) if (tensor) tensors.set(tensor.name, tensor);
  }
  const count = [...tensors.values()].reduce((sum, { dims }) => sum + elementCount(dims), 0);
  if (count > mostElements) return undefined;
  const draft = new GraphDraft(graph);
  for (const [name, tensor] of tensors) {
    const values = readFloats(tensor).map(
      (value) => value * (1 + (2 * random.next() - 1) * 2 ** -23),
    );
    draft.setTensor(name, withFloats(tensor, values));
  }
  return draft.close();
}
