import { displayName, type Graph } from '../core/graph/graph.ts';
import type { FoldOptions } from '../core/passes/foldBatchNorm.ts';
import type { ChosenPlaces } from '../protocol/modelSettings.ts';
import type { RunStepId } from '../protocol/model.ts';
import { Refused } from '../refused.ts';
import type { StepOutcome } from '../steps.ts';
import { notAskedFor } from './leftAlone.ts';

/** Nothing was chosen: all is done that can be. */
export const nothingChosen: ChosenPlaces = { pairs: [], sets: [] };

/** True where the pairs or sets of a plan are those of `rangefinder.json`. */
export const isOfSettings = ({ ofSettings }: Record<string, unknown>): boolean =>
  ofSettings === true;

/**
 * The options of a step with the pairs or sets that `rangefinder.json` has for it, unless the user
 * chose places by hand. Refuses what the model never had, and a choice that cannot be read.
 */
export function withChosen(
  step: RunStepId,
  options: Record<string, unknown>,
  chosen: ChosenPlaces,
  opened: Graph,
): Record<string, unknown> {
  const isFree = ['pairs', 'only', 'layers'].every((name) => options[name] === undefined);
  if (!isFree || (step !== 'fold' && step !== 'equalize')) return options;
  if (chosen.fault !== undefined) {
    throw new Refused({
      code: 'bad-settings',
      message: chosen.fault,
      remedy: 'Correct rangefinder.json, or take its "pairs" and "sets" out.',
    });
  }
  const places = step === 'fold' ? chosen.pairs : chosen.sets;
  if (places.length === 0) return options;
  const known = new Set(opened.nodes.map(displayName));
  const stranger = places.flat().find((name) => !known.has(name));
  if (stranger !== undefined) throw unknownName(stranger, step === 'fold' ? 'pairs' : 'sets');
  const pairs = chosen.pairs.map(([layer, batchNorm]) => ({ layer, batchNorm }));
  return { ...options, ofSettings: true, ...(step === 'fold' ? { pairs } : { only: chosen.sets }) };
}

/** What must not be missed of a choice; of the settings' not what is done or balanced already. */
export function openIn(
  options: Record<string, unknown>,
  graph: Graph,
  { skipped }: StepOutcome,
): Record<string, unknown> {
  if (!isOfSettings(options)) return options;
  const { pairs = [], only = [] } = options as Partial<Pick<FoldOptions, 'pairs'>> & {
    readonly only?: ChosenPlaces['sets'];
  };
  const there = new Set(graph.nodes.map(displayName));
  const balanced = new Set(
    skipped.flatMap(({ code, place }) => (code === 'balanced' ? place : [])),
  );
  return {
    pairs: pairs.filter(({ batchNorm }) => there.has(batchNorm)),
    only: only.filter((set) => !balanced.has(set.join(', '))),
  };
}

/** Layers that a dry run of the scaling leaves alone: a set that is chosen has none. */
export const leftOutOf = (
  leftAlone: readonly string[],
  { sets }: ChosenPlaces,
): readonly string[] => notAskedFor(leftAlone, { layers: sets.flat() });

const unknownName = (name: string, list: string): Refused =>
  new Refused({
    code: 'unknown-layer',
    message: `The model has no layer "${name}", which "${list}" of rangefinder.json names.`,
    where: name,
    remedy: 'Correct the name in rangefinder.json; it is completed there while you type.',
  });
