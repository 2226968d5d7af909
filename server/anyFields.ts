import { defaultTarget } from './core/quant/targets.ts';
import type { TargetSettings } from './protocol/target.ts';

/** What a parsed JSON object has, whoever wrote it. */
export type AnyFields = Readonly<Record<string, unknown>>;

/** True for an object of JSON. */
export const isFields = (value: unknown): value is AnyFields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A target that a file has, whoever wrote it; undefined where it is none that there is. What an
 * earlier version did not know of is as it is by default.
 */
export function readTarget(given: unknown): TargetSettings | undefined {
  if (!isFields(given)) return undefined;
  const target: AnyFields = { ...defaultTarget, ...given };
  const isWhole = Object.entries(defaultTarget).every(
    ([field, own]) => orFloat.includes(field) || typeof own === typeof target[field],
  );
  const isKnown =
    isWidth(target['weightBits']) &&
    isOneOf(target['granularity'], ['tensor', 'channel']) &&
    isOneOf(target['symmetry'], symmetries) &&
    isOneOf(target['activationSymmetry'], symmetries) &&
    orFloat.every((field) => target[field] === 'float' || typeof target[field] === 'number') &&
    areExceptions(target['exceptions']);
  return isWhole && isKnown ? (target as unknown as TargetSettings) : undefined;
}

const symmetries = ['symmetric', 'strict', 'unsigned', 'asymmetric'];
/** Fields that are a number, or say that nothing is rounded. */
const orFloat = ['activationBits', 'biasBits'];

const isWidth = (bits: unknown): boolean => Number.isInteger(bits) && inRange(Number(bits));

const inRange = (bits: number): boolean => bits >= 2 && bits <= 16;

const isOneOf = (value: unknown, known: readonly unknown[]): boolean => known.includes(value);

const areExceptions = (value: unknown): boolean =>
  value === undefined ||
  (Array.isArray(value) &&
    value.every(
      (one) =>
        isFields(one) &&
        typeof one['layer'] === 'string' &&
        (one['weightBits'] === 'float' || isWidth(one['weightBits'])),
    ));
