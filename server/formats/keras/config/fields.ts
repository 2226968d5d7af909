import type { Json, JsonObject } from './json.ts';

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object, or an empty one. */
export const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

export const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

export const textOf = (value: Json | undefined, otherwise = ''): string =>
  typeof value === 'string' ? value : otherwise;

/** The first of these fields that is a number: Keras 1, 2 and 3 spell some fields differently. */
export function numberOf(config: JsonObject, names: readonly string[], otherwise: number): number {
  for (const name of names) {
    const value = config[name];
    if (typeof value === 'number') return value;
    // Keras 3 writes some numbers as one-element arrays of NumPy: {"value": 0.1}.
    if (isObject(value) && typeof objectOf(value)['value'] === 'number') {
      return value['value'] as number;
    }
  }
  return otherwise;
}

/** The first of these fields that is a truth value. */
export function flagOf(config: JsonObject, names: readonly string[], otherwise: boolean): boolean {
  for (const name of names) {
    const value = config[name];
    if (typeof value === 'boolean') return value;
    if (typeof value === 'number') return value !== 0;
  }
  return otherwise;
}

/** The first of these fields that has numbers, one for each of `rank` axes; one number counts for all. */
export function numbersOf(
  config: JsonObject,
  names: readonly string[],
  rank: number,
  otherwise: number,
): number[] {
  for (const name of names) {
    const value = config[name];
    if (typeof value === 'number') return new Array<number>(rank).fill(value);
    const numbers = listOf(value).filter((one): one is number => typeof one === 'number');
    if (numbers.length === rank) return numbers;
    if (numbers.length === 1) return new Array<number>(rank).fill(numbers[0] as number);
  }
  return new Array<number>(rank).fill(otherwise);
}
