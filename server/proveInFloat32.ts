import type { Graph } from './core/graph/graph.ts';
import { isFloat } from './core/graph/tensor.ts';
import { toFloat32 } from './core/graph/toFloat32.ts';
import type { Job } from './core/job.ts';
import { err, ok, type Result } from './core/result.ts';
import type { PassResult } from './core/passes/pass.ts';
import type { Engine } from './engines/engine.ts';
import { encodeGraph } from './formats/onnx/encode.ts';
import { runnableProbes, type ProbeOptions } from './probes.ts';
import { prove } from './proof.ts';
import type { Float32Proof, Proof } from './steps.ts';

/**
 * Runs a pass on the float32 twin of a network whose weights are of another type, and measures what
 * it moves there.
 */
export async function proveTwin(
  engine: Engine,
  graph: Graph,
  pass: (graph: Graph) => Promise<PassResult<object>>,
  options: ProbeOptions,
  job: Job,
): Promise<Result<Proof, string>> {
  const twin = toFloat32(graph);
  if (!twin.ok) return twin;
  const before = twin.value;
  const { graph: after, correspondences, isExact: claimsExact } = await pass(before);
  const document = {
    graph: before,
    encode: (edited: Graph, extraOutputs: readonly string[]) => ({
      bytes: encodeGraph(edited, extraOutputs),
      folder: '',
    }),
  };
  const probes = await runnableProbes(engine, document, options, job);
  if (!probes.ok) return probes;
  const request = { engine, document, before, after, correspondences, claimsExact };
  const proof = await prove({ ...request, probes: probes.value }, job);
  const isUnknown = proof.unavailable !== undefined && !proof.isRefused;
  return isUnknown ? err(proof.unavailable) : ok(proof);
}

/**
 * Proves an exact pass on the float32 twin of a network whose weights are stored in 16 bits: there
 * the rounding of the type hides nothing, and the tolerance of float32 holds.
 */
export async function proveInFloat32(
  ...given: Parameters<typeof proveTwin>
): Promise<Float32Proof> {
  const proved = await proveTwin(...given);
  if (!proved.ok) return { unavailable: proved.error };
  const proof = proved.value;
  if (proof.unavailable !== undefined) return { unavailable: proof.unavailable };
  if (!proof.exercised) return { unavailable: 'no changed channel gave a signal on the probes' };
  return {
    maxRel: Math.max(proof.maxRel, ...proof.values.map(({ maxRel }) => maxRel)),
    tolerance: proof.tolerance,
    exact: proof.exact,
  };
}

/** True where the twin is another network. */
export const hasTwin = ({ tensors }: Graph): boolean =>
  [...tensors.values()].some(({ type }) => isFloat(type) && type !== 'float32');
