import type { FormatIssue } from '../formats/format.ts';
import { CommandFault } from './fault.ts';
import { counted, decibels, percent } from './text.ts';

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

/** Gravest first. */
export const severities: readonly string[] = ['error', 'warning', 'info'];

/** Why an answer fails a rule, for people; undefined where it does not. */
export type FailCheck = (fields: object, issues: readonly FormatIssue[]) => string | undefined;

/** What a command says of the rule of `--fail-on` that it fails. */
export const failedIssue = (rule: string, why: string): FormatIssue => ({
  code: 'fail-on',
  severity: 'error',
  message: `--fail-on "${rule}": ${why}`,
});

/**
 * `--fail-on` of a verb that measures: `sqnr<DB`, `logits<DB`, `top1<SHARE`, `top5<SHARE`,
 * `agreement<SHARE`, a severity or graver, `any`. Gives what says why an answer fails it.
 */
export function failsOn(verb: string, rule: string | undefined): FailCheck {
  const places = figures[verb];
  if (rule === undefined || !places) return () => undefined;
  if (rule === 'any' || severities.includes(rule)) {
    return (_fields, issues) =>
      toldText(
        issues.filter((issue) => isAsGrave(issue, rule)),
        'thing',
      );
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
    return belowText(found, Number(limit), name);
  };
}

/** A figure, and the layer that it is of where it is of one. */
export interface Figure {
  readonly value: number;
  readonly layer?: string;
}

/** Which figures are below a limit; undefined where none is. `name`: `sqnr`, `top1`. */
export function belowText(
  figures: readonly Figure[],
  limit: number,
  name: string,
): string | undefined {
  const below = figures.filter(({ value }) => value < limit);
  const [lowest] = [...below].sort((a, b) => a.value - b.value);
  if (!lowest) return undefined;
  const value = isShare(name) ? percent(lowest.value) : decibels(lowest.value);
  if (lowest.layer === undefined) return `${figureNames[name] ?? name} is ${value}.`;
  const are = below.length === 1 ? 'is' : 'are';
  return `${below.length} of ${counted(figures.length, 'layer')} ${are} below it, the lowest ${lowest.layer} with ${value}.`;
}

const figureNames: Readonly<Record<string, string>> = {
  sqnr: 'the output SQNR',
  logits: 'the logits SQNR',
  top1: 'top-1',
  top5: 'top-5',
  agreement: 'the share of samples with the answer of float',
};

/** Whether something said counts for a rule that is a severity, or `any`. */
export const isAsGrave = ({ severity }: { readonly severity: string }, rule: string): boolean =>
  rule === 'any' || severities.indexOf(severity) <= severities.indexOf(rule);

/** What was found, by code with how often; undefined where nothing was. */
export function toldText(
  found: readonly { readonly code: string }[],
  what: string,
): string | undefined {
  if (found.length === 0) return undefined;
  const codes = [...new Set(found.map(({ code }) => code))].map((code) => {
    const count = found.filter((one) => one.code === code).length;
    return count === 1 ? code : `${code} (${count})`;
  });
  return `${counted(found.length, what)} found: ${codes.join(', ')}.`;
}

const isShare = (name: string): boolean => !['sqnr', 'logits'].includes(name);
const hasSome = (found: readonly Figure[]): boolean => found.length > 0;

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

/** The numbers at a path; of lists those of each entry, with its name. */
function numbersAt(
  value: unknown,
  [key, ...rest]: readonly string[],
  layer?: string,
): readonly Figure[] {
  if (Array.isArray(value)) {
    return value.flatMap((one: { name?: unknown }) =>
      numbersAt(one, key === undefined ? [] : [key, ...rest], String(one.name)),
    );
  }
  if (key === undefined) {
    if (typeof value !== 'number' || Number.isNaN(value)) return [];
    return [{ value, ...(layer === undefined ? {} : { layer }) }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return numbersAt((value as Readonly<Record<string, unknown>>)[key], rest, layer);
}
