import type { StepOutcome } from './steps.ts';

/**
 * Why what a step changed is not proved, or not as closely as it should be, as a sentence to warn
 * with. Undefined where it is proved, changed nothing, or was taken back.
 */
export function unprovedText({ step, edits, proof, isExact }: StepOutcome): string | undefined {
  if (edits.length === 0 || !proof) return undefined;
  const { unavailable, exercised, float32, tolerance } = proof;
  const why = unavailable ?? (exercised ? undefined : inactive);
  if (why !== undefined) {
    const isInFloat32 = float32 !== undefined && 'exact' in float32 && float32.exact;
    const rest = isInFloat32
      ? 'In float32 it was proved.'
      : 'What it changed is in the result all the same.';
    return `${step} is not proved: ${unended(why)}. ${rest}`;
  }
  if (isExact && float32 && 'unavailable' in float32) {
    return `${step} is proved to ${tolerance} only, not in float32: ${unended(float32.unavailable)}.`;
  }
  return undefined;
}

const inactive = 'a value that it changed gave no signal on the probe inputs';

/** Without the full stop that a sentence ends with. */
const unended = (text: string): string => text.replace(/\.$/, '');
