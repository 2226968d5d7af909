import type { Job } from '../core/job.ts';
import { err, ok, type Result } from '../core/result.ts';
import { qdqGraph, type QdqGraph } from '../core/quant/qdqGraph.ts';
import { storedEncodings } from '../core/quant/storedGrid.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { FormatFault } from '../formats/format.ts';
import { simulateOptions } from './calibrate.ts';
import type { QuantizeContext } from './context.ts';
import { qdqAgreement, type QdqAgreement } from './qdqAgreement.ts';
import type { TaskSamples } from './runTask.ts';

/** What an export gave besides the file. */
export interface ExportedQdq {
  /** What a user should know of the file, in sentences. */
  readonly notes: readonly string[];
  /** Undefined where there were no samples to check it with. */
  readonly agreement: QdqAgreement | undefined;
  /** Constants stored as integers, and values rounded. */
  readonly constants: number;
  readonly values: number;
  readonly opset: number;
}

/** Samples that an export is checked with. */
const mostChecked = 8;

/** The context's graph with standard QuantizeLinear and DequantizeLinear. */
const qdqOf = (context: QuantizeContext, encodings: EncodingSet): QdqGraph =>
  qdqGraph(context.graph, encodings, {
    types: (value) => context.types.get(value),
    ranks: (value) => context.dimsOf(value)?.length,
  });

/**
 * Writes the context's graph as a quantized ONNX model to `path`, atomically, once it has run in
 * the engine: it is compared with the simulation on the first samples of `on`. `metadata` goes
 * into the file. An engine that cannot run it throws, and nothing is written.
 */
export async function exportQdq(
  context: QuantizeContext,
  calibration: { readonly encodings: EncodingSet },
  path: string,
  metadata: ReadonlyMap<string, string>,
  job: Job,
  on?: TaskSamples,
): Promise<Result<ExportedQdq, FormatFault>> {
  const { document, engine, target } = context;
  const encodings = storedEncodings(calibration.encodings);
  const qdq = qdqOf(context, encodings);
  const notes = [...qdq.notes];
  if (target.rounding === 'stochastic') {
    notes.push('Runtimes round to the nearest level; the rounding by chance was not exported.');
  }
  const checked = on && { ...on, indices: on.indices.slice(0, mostChecked) };
  const simulated = simulateGraph(context.graph, encodings, {
    ...simulateOptions(context),
    rounding: 'nearest',
  });
  const agreement = checked
    ? await qdqAgreement(context, qdq, simulated, encodings, checked, job)
    : undefined;
  if (agreement && agreement.mostSteps > 1 + stepTolerance) {
    const worst = agreement.values.find(({ steps }) => steps === agreement.mostSteps);
    notes.push(
      `ONNX Runtime's float sums fall on the other side of a rounding in places: "${worst?.name ?? ''}" differs from the simulation by up to ${agreement.mostSteps.toFixed(1)} steps.`,
    );
  }
  const written = await document.write(qdq.graph, path, metadata, job);
  if (!written.ok) return err(written.error);
  try {
    const session = await engine.open(written.value.encode(written.value.graph, []), job);
    await session.release();
  } finally {
    if (written.value !== document) written.value.dispose();
  }
  const kinds = [...encodings.values()];
  return ok({
    notes,
    agreement,
    constants: kinds.filter(({ kind }) => kind !== 'activation').length,
    values: qdq.rounded.size,
    opset: qdq.graph.opsets.get('') ?? 1,
  });
}

/** A step is compared in float32: its own rounding is not counted. */
const stepTolerance = 1e-3;
