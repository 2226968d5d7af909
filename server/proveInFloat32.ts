import type { Graph } from './core/graph/graph.ts';
import { toFloat32 } from './core/graph/toFloat32.ts';
import type { Job } from './core/job.ts';
import type { PassResult } from './core/passes/pass.ts';
import type { Engine } from './engines/engine.ts';
import { encodeGraph } from './formats/onnx/encode.ts';
import { runnableProbes, type ProbeOptions } from './probes.ts';
import { prove } from './proof.ts';
import type { Float32Proof } from './steps.ts';

/**
 * Proves an exact pass on the float32 twin of a network whose weights are stored in 16 bits: there
 * the rounding of the type hides nothing, and the tolerance of float32 holds.
 */
export async function proveInFloat32(
  engine: Engine,
  graph: Graph,
  pass: (graph: Graph) => Promise<PassResult<object>>,
  options: ProbeOptions,
  job: Job,
): Promise<Float32Proof> {
  const twin = toFloat32(graph);
  if (!twin.ok) return { unavailable: twin.error };
  const before = twin.value;
  const result = await pass(before);
  const document = {
    graph: before,
    encode: (edited: Graph, extraOutputs: readonly string[]) => ({
      bytes: encodeGraph(edited, extraOutputs),
      folder: '',
    }),
  };
  const probes = await runnableProbes(engine, document, options, job);
  if (!probes.ok) return { unavailable: probes.error };
  const { graph: after, correspondences } = result;
  const proof = await prove(
    { engine, document, before, after, correspondences, claimsExact: true, probes: probes.value },
    job,
  );
  if (proof.unavailable !== undefined) return { unavailable: proof.unavailable };
  if (!proof.exercised) return { unavailable: 'no changed channel was active on the probes' };
  return {
    maxRel: Math.max(proof.maxRel, ...proof.values.map(({ maxRel }) => maxRel)),
    tolerance: proof.tolerance,
    exact: proof.exact,
  };
}
