import type { FormatIssue } from '../formats/format.ts';
import { CommandFault } from './fault.ts';

/** What verbs found that a threshold can be held against: lists where it is of each layer. */
const figures: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  evaluate: outputsAt('quantized'),
  repair: outputsAt('after.quantized'),
  measure: { ...outputsAt('model'), sqnr: ['layers.local.sqnrDb'] },
  sensitivity: { sqnr: ['layers.onlyThis.sqnrDb'] },
};

/** Where the figures of a whole network stand; the first that is there counts. */
function outputsAt(place: string): Readonly<Record<string, readonly string[]>> {
  return {
    sqnr: [`${place}.sqnrDb`],
    logits: [`${place}.logitsSqnrDb`, `${place}.sqnrDb`],
    ...Object.fromEntries(['top1', 'top5', 'agreement'].map((one) => [one, [`${place}.${one}`]])),
  };
}

/** Verbs besides `analyze` that a threshold can be given to. */
export const judgedVerbs: readonly string[] = Object.keys(figures);

const severities = ['error', 'warning', 'info'];

/**
 * `--fail-on` of a verb that measures: `sqnr<DB`, `logits<DB`, `top1<SHARE`, `top5<SHARE`,
 * `agreement<SHARE`, a severity or graver, `any`. Gives what says whether an answer passes it.
 */
export function failsOn(
  verb: string,
  rule: string | undefined,
): (fields: object, issues: readonly FormatIssue[]) => boolean {
  const places = figures[verb];
  if (rule === undefined || !places) return () => false;
  if (rule === 'any') return (_fields, issues) => issues.length > 0;
  const gravest = severities.indexOf(rule);
  if (gravest >= 0) {
    return (_fields, issues) =>
      issues.some(({ severity }) => severities.indexOf(severity) <= gravest);
  }
  const [, name = '', limit = ''] = /^([a-z0-9]+)<(-?\d+(?:\.\d+)?)$/.exec(rule) ?? [];
  const paths = places[name];
  if (!paths) {
    const known = Object.keys(places).map((one) => `${one}<${isShare(one) ? 'SHARE' : 'DB'}`);
    const all = ['error', 'warning', 'info', 'any', ...known].join(', ');
    throw new CommandFault(2, 'usage', `--fail-on "${rule}": must be one of ${all}`);
  }
  if (isShare(name) && !(Number(limit) >= 0 && Number(limit) <= 1)) {
    throw new CommandFault(2, 'usage', `--fail-on "${rule}": a share is from 0 to 1`);
  }
  return (fields) => {
    const [found = []] = paths.map((path) => numbersAt(fields, path.split('.'))).filter(hasSome);
    if (found.length === 0) throw notMeasured(rule, name);
    return found.some((value) => value < Number(limit));
  };
}

const isShare = (name: string): boolean => !['sqnr', 'logits'].includes(name);
const hasSome = (found: readonly number[]): boolean => found.length > 0;

/** Without labels there is no top-1: a check that cannot be made has not been passed. */
const notMeasured = (rule: string, name: string): CommandFault =>
  name === 'top1' || name === 'top5'
    ? new CommandFault(
        2,
        'no-labels',
        `--fail-on "${rule}" needs labels`,
        undefined,
        'give --labels FILE',
      )
    : new CommandFault(2, 'usage', `--fail-on "${rule}": that was not measured here`);

/** The numbers at a path; of lists those of each entry. */
function numbersAt(value: unknown, [key, ...rest]: readonly string[]): number[] {
  if (Array.isArray(value)) {
    return value.flatMap((one) => numbersAt(one, key === undefined ? [] : [key, ...rest]));
  }
  if (key === undefined) return typeof value === 'number' && !Number.isNaN(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return numbersAt((value as Readonly<Record<string, unknown>>)[key], rest);
}
