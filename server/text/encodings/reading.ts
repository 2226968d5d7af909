import type { EncodingsFile, FileEncoding } from '../../core/encodings/encodingsFile.ts';
import { PlannedEntries, type PlannedModel } from '../../core/encodings/plannedEntries.ts';
import { readEncodings } from '../../core/encodings/readEncodings.ts';
import { planQuantizers } from '../../core/quant/planQuantizers.ts';
import { defaultTarget, type Target } from '../../core/quant/targets.ts';
import { readPlacement } from '../../targetFile.ts';
import type { OpenText } from '../openText.ts';
import type { KnownModel, Span } from '../provider.ts';

type Reading = ReturnType<typeof readEncodings>;
const readings = new WeakMap<OpenText, Reading>();

/** The text as a file of encodings; read once for each version of the text. */
export function readingOf(text: OpenText): Reading {
  const known = readings.get(text);
  if (known) return known;
  const reading = readEncodings(text.text, text.root);
  readings.set(text, reading);
  return reading;
}

const plans = new WeakMap<KnownModel['graph'], { target: string; planned: PlannedModel }>();

/** The model with its plan: of the target that was chosen, else of the one that the file is for. */
export function plannedFor(model: KnownModel, file: EncodingsFile): PlannedModel {
  const target = model.target ?? targetOfFile(file, model);
  const key = JSON.stringify(target);
  const known = plans.get(model.graph);
  if (known?.target === key) return known.planned;
  const placement = readPlacement(target.placement);
  const configuration = placement.ok ? placement.value : undefined;
  const plan = planQuantizers(model.graph, target, configuration ? { configuration } : {});
  const planned = { graph: model.graph, plan };
  plans.set(model.graph, { target: key, planned });
  return planned;
}

/** The target that a file seems to be made for: what most of its entries have. */
export function targetOfFile(file: EncodingsFile, { graph }: KnownModel): Target {
  const weights: FileEncoding[] = [];
  const values: FileEncoding[] = [];
  for (const entry of file.entries) {
    if (!entry.grid || entry.grid.bits > 16) continue;
    const isConstant = graph.tensors.has(entry.name.replace(/:0$/, ''));
    (isConstant ? weights : values).push(entry);
  }
  const isWide = ({ grid }: FileEncoding): boolean => (grid?.scale.length ?? 0) > 1;
  const isSymmetric = (some: readonly FileEncoding[], otherwise: boolean): boolean =>
    most(
      some.map(({ grid }) => grid?.isSymmetric),
      otherwise,
    );
  return {
    ...defaultTarget,
    profile: 'custom',
    weightBits: most(
      weights.map(({ grid }) => grid?.bits),
      defaultTarget.weightBits,
    ),
    activationBits: most(
      values.map(({ grid }) => grid?.bits),
      8,
    ),
    granularity: weights.length === 0 || weights.some(isWide) ? 'channel' : 'tensor',
    symmetry: isSymmetric(weights, true) ? 'symmetric' : 'asymmetric',
    activationSymmetry: isSymmetric(values, false) ? 'symmetric' : 'asymmetric',
  };
}

/** What there is most of. */
function most<T>(values: readonly (T | undefined)[], otherwise: T): T {
  const counts = new Map<T, number>();
  for (const value of values)
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce(
    (best, [value, count]) => (count > best.count ? { value, count } : best),
    { value: otherwise, count: 0 },
  ).value;
}

/** The whole of an entry: with its name where that is a key. */
export const spanOf = ({ place, namePlace }: FileEncoding): Span => ({
  start: Math.min(place.start, namePlace.start),
  end: Math.max(place.end, namePlace.end),
});

/** The entry that a place is in. */
export const entryAt = (file: EncodingsFile, offset: number): FileEncoding | undefined =>
  file.entries.find((entry) => {
    const { start, end } = spanOf(entry);
    return offset >= start && offset <= end;
  });

/** Tensors of the plan without an entry in the file, in model order. */
export function withoutEntry(file: EncodingsFile, model: PlannedModel): string[] {
  const planned = new PlannedEntries(model);
  const known = new Set(file.entries.map(({ name }) => planned.quantizerOf(name)?.tensor));
  return model.plan.quantizers.map(({ tensor }) => tensor).filter((tensor) => !known.has(tensor));
}
