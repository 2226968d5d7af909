import type { StepId } from '../steps.ts';

/** The layers to leave alone but those that were chosen. */
export function notAskedFor(
  leftAlone: readonly string[] = [],
  { layers }: Record<string, unknown>,
): readonly string[] {
  return Array.isArray(layers) ? leftAlone.filter((name) => !layers.includes(name)) : leftAlone;
}

/** Options of a pass: those of its plan, and the layers that it leaves alone. */
export function passOptions(pass: StepId, plan: Record<string, unknown>): Record<string, unknown> {
  const { leftAlone, ...others } = plan;
  const options = without('ofSettings', others);
  const spared = namesIn(leftAlone);
  // Clearing prepares all of the model's scaling: a choice of layers is the scaling's alone.
  if (pass === 'clear') return spared.length > 0 ? { ignore: spared } : {};
  if (spared.length === 0) return options;
  return { ...options, ignore: [...namesIn(options['ignore']), ...spared] };
}

/** Options of the passes of a repair, from those that its plan has. */
export function repairOptions(
  plan: Record<string, unknown>,
): Partial<Record<StepId, Record<string, unknown>>> {
  const [ignore, leftAlone] = [namesIn(plan['ignore']), namesIn(plan['leftAlone'])];
  const scaling = [...ignore, ...leftAlone];
  return {
    ...(scaling.length > 0 ? { equalize: { ignore: scaling } } : {}),
    ...(leftAlone.length > 0
      ? { clear: { ignore: leftAlone }, absorb: { ignore: leftAlone } }
      : {}),
  };
}

/** Options without one of them. */
export const without = (name: string, options: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([one]) => one !== name));

/** A list of names in the options of a plan. */
const namesIn = (list: unknown): readonly string[] =>
  Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
