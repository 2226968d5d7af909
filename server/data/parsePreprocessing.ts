import type { ElementType } from '../core/graph/tensor.ts';
import { defaultPreprocessing, type Preprocessing } from './preprocessing.ts';
import { BadData } from './samples.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown, name: string) => unknown;

const resizes = ['exact', 'crop', 'letterbox', 'none'] as const;
const filters = ['nearest', 'bilinear', 'bicubic'] as const;
const colours = ['RGB', 'BGR', 'grey'] as const;
const layouts = ['NCHW', 'NHWC'] as const;
const types: readonly ElementType[] = [
  'float32',
  'float16',
  'float64',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
];

/** The words that fields of preprocessing can have. */
export const preprocessingWords = {
  resize: resizes,
  filter: filters,
  colour: colours,
  layout: layouts,
  type: types,
} as const;

/** Sides that no network takes: the product must stay in memory. */
const mostPixelsASide = 16384;

/**
 * Reads preprocessing from JSON that was parsed. Fields left out have their defaults, or those of
 * `base`; unknown and wrong ones are refused by name. Throws `BadData` `bad-preprocessing`.
 */
export function parsePreprocessing(
  value: unknown,
  base: Preprocessing = defaultPreprocessing,
): Preprocessing {
  if (!isFields(value)) throw bad('', value, 'an object such as {"size": [224, 224]}');
  const read: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    const check = checks[name];
    if (!check) {
      const known = Object.keys(checks).join(', ');
      const text = `Preprocessing has no field "${name}".`;
      throw new BadData('bad-preprocessing', text, name, `Its fields are ${known}.`);
    }
    read[name] = check(given, name);
  }
  const merged = { ...base, ...read };
  const channels = merged.colour === 'grey' ? 1 : 3;
  for (const name of ['scale', 'mean', 'std'] as const) {
    const list = merged[name];
    if (typeof list === 'number' || list.length === channels) continue;
    const text = `"${name}" has ${list.length} numbers, and ${merged.colour} has ${channels} channels.`;
    throw new BadData('bad-preprocessing', text, name, 'Give one number, or one a channel.');
  }
  if (merged.shorterSide !== undefined && merged.resize !== 'crop') {
    const text = '"shorterSide" goes with "resize": "crop" only.';
    throw new BadData('bad-preprocessing', text, 'shorterSide');
  }
  if (merged.shorterSide !== undefined && merged.size) {
    const least = Math.min(...merged.size);
    if (merged.shorterSide < least) {
      const text = `"shorterSide" is ${merged.shorterSide}, smaller than the ${least} that "size" cuts out.`;
      throw new BadData('bad-preprocessing', text, 'shorterSide');
    }
  }
  return merged;
}

const bad = (name: string, value: unknown, wanted: string): BadData => {
  const what = name === '' ? 'Preprocessing' : `"${name}" of the preprocessing`;
  const given = JSON.stringify(value)?.slice(0, 60) ?? 'nothing';
  return new BadData('bad-preprocessing', `${what} is ${given}, not ${wanted}.`, name || undefined);
};

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

const isSide = (value: unknown): value is number =>
  isNumber(value) && Number.isInteger(value) && value >= 1 && value <= mostPixelsASide;

const oneOf =
  (allowed: readonly string[]): Check =>
  (value, name) => {
    if (typeof value === 'string' && allowed.includes(value)) return value;
    throw bad(name, value, `one of ${allowed.join(', ')}`);
  };

const side: Check = (value, name) => {
  if (isSide(value)) return value;
  throw bad(name, value, `a whole number from 1 to ${mostPixelsASide}`);
};

const numbers: Check = (value, name) => {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  if (list.length > 0 && list.every(isNumber)) {
    if (name !== 'std' || list.every((one) => one !== 0)) return value;
    throw bad(name, value, 'different from 0: values are divided by it');
  }
  throw bad(name, value, 'a number, or a list with one a channel');
};

const checks: Readonly<Record<string, Check>> = {
  crop: (value, name) => {
    if (isFields(value)) {
      const { fraction, left, top, width, height } = value;
      const keys = Object.keys(value).length;
      if (keys === 1 && isNumber(fraction) && fraction > 0 && fraction <= 1) return value;
      const isPlace = (one: unknown): boolean => one === 0 || isSide(one);
      if (keys === 4 && isPlace(left) && isPlace(top) && isSide(width) && isSide(height)) {
        return value;
      }
    }
    throw bad(name, value, '{"fraction": 0.875} or {"left", "top", "width", "height"} in pixels');
  },
  size: (value, name) => {
    if (isSide(value)) return [value, value];
    const list = Array.isArray(value) ? (value as unknown[]) : [];
    if (list.length === 2 && list.every(isSide)) return list;
    throw bad(name, value, '[height, width] in pixels');
  },
  resize: oneOf(resizes),
  shorterSide: side,
  filter: oneOf(filters),
  antialias: (value, name) => {
    if (typeof value === 'boolean') return value;
    throw bad(name, value, 'true or false');
  },
  fill: (value, name) => {
    if (isNumber(value) && value >= 0 && value <= 255) return value;
    throw bad(name, value, 'a pixel value from 0 to 255');
  },
  colour: oneOf(colours),
  layout: oneOf(layouts),
  scale: numbers,
  mean: numbers,
  std: numbers,
  type: oneOf(types),
};
