import { parsePreprocessing } from './parsePreprocessing.ts';
import type { Preprocessing } from './preprocessing.ts';
import { BadData } from './samples.ts';

/** Names of features of a TFRecord of `tf.train.Example`. */
export interface RecordFields {
  /** Bytes of an encoded image; default `image/encoded`. */
  readonly image?: string;
  /** An integer; default `image/class/label`. */
  readonly label?: string;
  /** Feature by name of input, where the samples are no images. */
  readonly inputs?: Readonly<Record<string, string>>;
}

/** Type and shape of the samples of a raw file; what is left out is that of the input. */
export interface RawFields {
  readonly type?: string;
  /** Of one sample, without the axis of the samples. */
  readonly shape?: readonly number[];
}

/** What `rangefinder.json` says of a model's data. Paths are relative to its folder. */
export interface DataSettings {
  readonly data?: string;
  readonly labels?: string;
  /** Fields of `Preprocessing`; merged over the guess when samples are opened. */
  readonly preprocess?: Partial<Preprocessing>;
  /** Sizes of the dimensions that the model leaves open. */
  readonly dims?: Readonly<Record<string, number>>;
  readonly fields?: RecordFields;
  readonly raw?: RawFields;
  /** `A..B`. */
  readonly calibration?: string;
  readonly correction?: string;
  readonly judge?: string;
}

/** The fields of `DataSettings`, for those who read the whole file. */
export const dataSettingNames = [
  'data',
  'labels',
  'preprocess',
  'dims',
  'fields',
  'raw',
  'calibration',
  'correction',
  'judge',
] as const;

/** Reads the fields about data from parsed JSON; others are left alone. Throws `BadData`. */
export function parseDataSettings(value: unknown, file: string): DataSettings {
  if (!isObject(value)) throw bad(file, '', value, 'an object');
  const out: Record<string, unknown> = {};
  for (const name of dataSettingNames) {
    const given = value[name];
    if (given === undefined) continue;
    if (!checks[name](given)) throw bad(file, name, given, wanted[name]);
    out[name] = given;
  }
  // Checked here, and kept as given: what is left out is guessed from the model later.
  if (out['preprocess'] !== undefined) parsePreprocessing(out['preprocess']);
  return out;
}

const bad = (file: string, name: string, value: unknown, what: string): BadData => {
  const text = JSON.stringify(value)?.slice(0, 60) ?? 'nothing';
  const subject = name === '' ? file : `"${name}" in ${file}`;
  return new BadData('bad-settings', `${subject} is ${text}, not ${what}.`, name || file);
};

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;
const isRange = (value: unknown): boolean =>
  typeof value === 'string' && /^\d+\.\.\d+$/.test(value);

type Name = (typeof dataSettingNames)[number];

const checks: Readonly<Record<Name, (value: unknown) => boolean>> = {
  data: isText,
  labels: isText,
  preprocess: isObject,
  dims: (value) => isObject(value) && Object.values(value).every(isSize),
  fields: (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, given]) =>
      name === 'inputs'
        ? isObject(given) && Object.values(given).every(isText)
        : (name === 'image' || name === 'label') && isText(given),
    ),
  raw: (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, given]) =>
      name === 'shape'
        ? Array.isArray(given) && (given as unknown[]).every(isSize)
        : name === 'type' && isText(given),
    ),
  calibration: isRange,
  correction: isRange,
  judge: isRange,
};

const wanted: Readonly<Record<Name, string>> = {
  data: 'a path, or "synthetic:1"',
  labels: 'a path',
  preprocess: 'an object such as {"size": [224, 224]}',
  dims: 'sizes by name, such as {"height": 224}',
  fields: '{"image", "label"}, names of features, or {"inputs": {input: feature}}',
  raw: '{"type": "uint8", "shape": [28, 28, 1]}',
  calibration: 'a range such as "0..16"',
  correction: 'a range such as "16..32"',
  judge: 'a range such as "32..64"',
};
