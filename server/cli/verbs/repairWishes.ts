import type { StepId } from '../../steps.ts';
import type { Wish } from '../../scalingPlans.ts';
import type { Workplace } from '../workplace.ts';
import { absorbWish } from './absorb.ts';
import { clearWish } from './clear.ts';
import { equalizeWish, passesOf } from './equalize.ts';
import { foldWish } from './fold.ts';

/** The steps of a repair with the options that were given; it knows itself how often to scale. */
export function repairWishes(place: Workplace): readonly Wish[] {
  const equalize = equalizeWish(place);
  if (passesOf(place) === undefined) delete equalize.options['passes'];
  return [foldWish(place), clearWish(place), equalize, absorbWish(place)];
}

/** The options of each step. */
export const stepOptions = (
  wishes: readonly Wish[],
): Readonly<Partial<Record<StepId, Wish['options']>>> =>
  Object.fromEntries(wishes.map(({ step, options }) => [step, options]));
