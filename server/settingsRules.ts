import { findingCodes } from './core/diagnose/findingCodes.ts';
import { preprocessingWords } from './data/parsePreprocessing.ts';
import { rawTypes } from './data/rawSamples.ts';
import { isTargetPath, targetNames } from './settingsTarget.ts';

/**
 * What may stand at a place of `rangefinder.json`. A kind of value that a rule says nothing of must
 * not stand there.
 */
export interface SettingsRule {
  /** What must stand there: the end of a sentence. */
  readonly wanted: string;
  /** Whether a string may. */
  readonly text?: (value: string) => boolean;
  /** Strings that may, and what one of them is. */
  readonly words?: { readonly noun: string; readonly all: readonly string[] };
  readonly number?: (value: number) => boolean;
  readonly flag?: true;
  /** Whether a list may, as a whole. */
  readonly list?: (values: readonly unknown[]) => boolean;
  /** What each entry of a list must be. */
  readonly entries?: SettingsRule;
  /** These names and no others, or with `any` all names. */
  readonly object?: {
    readonly members: Readonly<Record<string, SettingsRule>>;
    readonly any?: SettingsRule;
  };
  /** A range `A..B`: A must be below B. */
  readonly isRange?: true;
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
const isSide = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 16384;
const isFilled = (value: string): boolean => value.trim() !== '';

const path: SettingsRule = { wanted: 'a path', text: (value) => value !== '' };
const areNames = (values: readonly unknown[]): boolean =>
  values.every((value) => typeof value === 'string' && isFilled(value));
const feature: SettingsRule = { wanted: 'the name of a feature', text: (value) => value !== '' };
const size: SettingsRule = { wanted: 'a size, such as 224', number: isSize };

/** A side of a picture; larger ones no network takes. */
const side: SettingsRule = { wanted: 'a whole number from 1 to 16384', number: isSide };
const place: SettingsRule = {
  wanted: 'a whole number of pixels from 0 to 16384',
  number: (value) => value === 0 || isSide(value),
};

const word = (noun: string, all: readonly string[]): SettingsRule => ({
  wanted: `one of ${all.join(', ')}`,
  words: { noun, all },
});

const perChannel: SettingsRule = {
  wanted: 'a number, or a list with one a channel',
  number: Number.isFinite,
  list: (values) => values.length >= 1 && values.length <= 3 && values.every(Number.isFinite),
};

const range = (example: string): SettingsRule => ({
  wanted: `a range such as "${example}"`,
  text: (value) => /^\d{1,12}\.\.\d{1,12}$/.test(value),
  isRange: true,
});

const preprocess: SettingsRule = {
  wanted: 'an object such as {"size": [224, 224]}',
  object: {
    members: {
      size: {
        wanted: '[height, width] in pixels',
        number: isSide,
        list: (values) => values.length === 2 && values.every(isSide),
      },
      resize: word('way to resize', preprocessingWords.resize),
      shorterSide: side,
      crop: {
        wanted: '{"fraction": 0.875} or {"left", "top", "width", "height"} in pixels',
        object: {
          members: {
            fraction: {
              wanted: 'a share above 0, up to 1',
              number: (value) => value > 0 && value <= 1,
            },
            left: place,
            top: place,
            width: side,
            height: side,
          },
        },
      },
      filter: word('filter', preprocessingWords.filter),
      antialias: { wanted: 'true or false', flag: true },
      fill: {
        wanted: 'a pixel value from 0 to 255',
        number: (value) => value >= 0 && value <= 255,
      },
      colour: word('order of colours', preprocessingWords.colour),
      layout: word('layout', preprocessingWords.layout),
      scale: perChannel,
      mean: perChannel,
      std: perChannel,
      type: word('type of values', preprocessingWords.type),
    },
  },
};

const pair: SettingsRule = {
  wanted: 'a layer and a batch norm, such as "conv1:bn1"',
  text: (value) => value.split(':').length === 2 && value.split(':').every(isFilled),
  list: (values) => values.length === 2 && areNames(values),
};
const set: SettingsRule = {
  wanted: 'the names of at least two layers, such as ["a", "b"]',
  text: (value) => value.split(',').length >= 2 && value.split(',').every(isFilled),
  list: (values) => values.length >= 2 && areNames(values),
};

/** The whole file. */
export const settingsRules: SettingsRule & { readonly object: object } = {
  wanted: 'an object in braces',
  object: {
    members: {
      $schema: { wanted: 'an address', text: () => true },
      model: path,
      target: {
        wanted: 'the name of a target, or the path of a quantsim configuration (.json)',
        words: {
          noun: 'target, and no path of a quantsim configuration (.json)',
          all: targetNames,
        },
        text: isTargetPath,
      },
      pairs: { wanted: 'a list', entries: pair },
      sets: { wanted: 'a list', entries: set },
      data: {
        wanted: 'a path, or "synthetic:1"',
        text: (value) =>
          value !== '' &&
          (!/^synthetic(:|$)/.test(value) || /^synthetic(:bn)?(:\d{1,10})?$/.test(value)),
      },
      labels: path,
      preprocess,
      dims: {
        wanted: 'sizes by name, such as {"height": 224}',
        object: { members: {}, any: size },
      },
      fields: {
        wanted: '{"image", "label"}, names of features, or {"inputs": {input: feature}}',
        object: {
          members: {
            image: feature,
            label: feature,
            inputs: {
              wanted: 'features by name of input',
              object: { members: {}, any: feature },
            },
          },
        },
      },
      raw: {
        wanted: '{"type": "uint8", "shape": [28, 28, 1]}',
        object: {
          members: {
            type: word('type of values', rawTypes),
            shape: { wanted: 'a list of sizes', entries: size },
          },
        },
      },
      problems: {
        wanted: 'an object',
        object: {
          members: {
            ignore: {
              wanted: 'a list of codes, such as ["weak-layer"]',
              entries: {
                ...word('code of a problem', findingCodes),
                wanted: 'a code, such as "weak-layer"',
              },
            },
            weakLayerDb: {
              wanted: 'a number of dB from 0 to 100',
              number: (value) => value >= 0 && value <= 100,
            },
          },
        },
      },
      calibration: range('0..16'),
      correction: range('16..32'),
      judge: range('32..64'),
    },
  },
};
