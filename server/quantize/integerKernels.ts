import type { Job } from '../core/job.ts';
import { qdqGraph } from '../core/quant/qdqGraph.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import { storedEncodings } from '../core/quant/storedGrid.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import type { Target } from '../core/quant/targets.ts';
import { simulateOptions } from './calibrate.ts';
import type { QuantizeContext } from './context.ts';
import type { Contender } from './evaluate.ts';
import { qdqAgreement, type QdqAgreement } from './qdqAgreement.ts';
import type { TaskSamples } from './runTask.ts';

/** Why the runtime has no integer kernels for a target, as a sentence; undefined: it has. */
export function whyNotInteger(target: Target): string | undefined {
  const { weightBits, activationBits, biasBits, rounding } = target;
  if (weightBits !== 8 || activationBits !== 8) {
    return `ONNX Runtime computes with integers of 8 bits only, and the target has W${weightBits} A${activationBits === 'float' ? ' float' : activationBits}.`;
  }
  if (biasBits === 8 || biasBits === 16) {
    return `Its integer kernels add biases of 32 bits, and the target has ${biasBits}.`;
  }
  return rounding === 'stochastic'
    ? 'Its integer kernels round to the nearest level, and the target by chance.'
    : undefined;
}

/** The quantized network as the runtime's integer kernels compute it. */
export function integerContender(context: QuantizeContext, encodings: EncodingSet): Contender {
  const { graph, rounded } = qdqGraph(context.graph, storedEncodings(encodings), {
    types: (value) => context.types.get(value),
    ranks: (value) => context.dimsOf(value)?.length,
  });
  const { document } = context;
  return { document, graph, rounded, unrounded: context.graph, useIntegerKernels: true };
}

/** How far the integer kernels are from the float simulation, on the same samples. */
export function integerAgreement(
  context: QuantizeContext,
  encodings: EncodingSet,
  on: TaskSamples,
  job: Job,
): Promise<QdqAgreement> {
  const stored = storedEncodings(encodings);
  const { graph, rounded } = integerContender(context, encodings);
  const simulated = simulateGraph(context.graph, stored, simulateOptions(context));
  const qdq = { graph, rounded: rounded ?? new Map<string, string>(), notes: [] };
  return qdqAgreement(context, qdq, simulated, stored, on, job, true);
}
