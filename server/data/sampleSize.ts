import { inputBytes, proofBytes } from '../runCost.ts';
import { sizeText } from '../probedInputs.ts';
import { BadData, type SampleInput } from './samples.ts';

/** Throws `too-large` for an input whose sizes, as far as they are fixed, no sample can have here. */
export function checkSampleSizes(inputs: readonly SampleInput[]): void {
  for (const input of inputs) {
    const bytes = sampleBytes(input);
    if (bytes <= proofBytes) continue;
    const sizes = (input.shape ?? []).map((size) => size ?? '?').join(', ');
    const text = `The input "${input.name}" of [${sizes}] takes ${sizeText(bytes)} a sample, which is too large to be run here (up to ${sizeText(proofBytes)}).`;
    throw new BadData('too-large', text, input.name, 'Export the model with smaller sizes.');
  }
}

/** What the samples of an input take at least, one a run; open sizes count as 1. */
export const sampleBytes = (input: SampleInput): number =>
  inputBytes(
    input,
    (input.shape ?? []).map((size) => (typeof size === 'number' && size > 0 ? size : 1)),
  );
