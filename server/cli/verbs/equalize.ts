import type { EqualizeApplied } from '../../core/passes/equalizeLayers.ts';
import type { StepOutcome } from '../../steps.ts';
import type { Wish } from '../../scalingPlans.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import type { Workplace } from '../workplace.ts';
import { counted, significant } from '../text.ts';
import { clearWish } from './clear.ts';
import { foldWish } from './fold.ts';
import { skipText } from './skips.ts';
import { preparedText, runAndSave } from './steps.ts';

/** `rangefinder equalize`: cross-layer scaling, after folding and clearing unless told not to. */
export function equalize(place: Workplace): Promise<Answer> {
  const wishes = [
    ...(place.settings.has('no-fold') ? [] : [foldWish(place)]),
    ...(place.settings.has('no-clear') ? [] : [clearWish(place)]),
    equalizeWish(place),
  ];
  return runAndSave(
    place,
    wishes,
    (outcomes) => {
      const outcome = outcomes.find((one) => one.step === 'equalize');
      const applied = (outcome?.applied ?? []) as readonly EqualizeApplied[];
      const caps = applied.reduce((sum, set) => sum + set.capsAdded, 0);
      const held = applied.reduce((sum, set) => sum + set.clamped, 0);
      return {
        fields: { sets: applied.map(setFields), steps: outcomes.map(stepFields) },
        text: [
          ...preparedText(outcomes),
          applied.length === 0
            ? 'No set to equalize.'
            : `${counted(applied.length, 'set')} equalized${caps > 0 ? `; exact bounds take ${counted(caps, 'Min node')}` : ''}.`,
          ...applied.map(
            (set) =>
              `  ${set.layers.join(' → ')}: spread ${significant(set.spreadBefore)} → ${significant(set.spreadAfter)}`,
          ),
          ...(held > 0
            ? [
                `${counted(held, 'factor')} held back by the bound of a ReLU6, or by the largest factor.`,
              ]
            : []),
          ...skipText(place, outcome),
        ],
      };
    },
    true,
  );
}

/** Scaling with the options that were given. */
export function equalizeWish(place: Workplace): Wish {
  const { settings } = place;
  return {
    step: 'equalize',
    options: {
      passes: passesOf(place) ?? 1,
      relu6: settings.choice('relu6', ['keep', 'relu', 'cap'], 'cap'),
      sets: settings.choice('sets-as', ['ours', 'aimet'], 'ours'),
      only: place.sets(),
      layers: settings.list('layers'),
      ignore: settings.list('ignore'),
    },
  };
}

/** `--passes`: a count, or until nothing moves; undefined where it is not given. */
export function passesOf(place: Workplace): number | 'converge' | undefined {
  const text = place.settings.text('passes');
  if (text === undefined || text === 'converge') return text;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count;
  throw new CommandFault(
    2,
    'usage',
    `--passes "${text}": must be a whole number from 1 to 1000, or converge`,
  );
}

const setFields = (set: EqualizeApplied): object => ({
  layers: set.layers,
  reluBetween: set.reluBetween,
  scale: set.scale,
  before: { spread: set.spreadBefore },
  after: { spread: set.spreadAfter },
  capsAdded: set.capsAdded,
  clamped: set.clamped,
});

const stepFields = (outcome: StepOutcome): object => ({
  id: outcome.step,
  places: outcome.applied.length,
  exact: outcome.isExact,
});
