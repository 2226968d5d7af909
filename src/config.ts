import type { ServerOptions } from '../server/protocol/requests.ts';
import type { RangeMethod, TargetSettings } from '../server/protocol/target.ts';

/** One setting: its name below `rangefinder.`, its default, and what it may be. */
export interface Setting<T> {
  readonly name: string;
  readonly fallback: T;
  /** Why a value is not taken, for the log; nothing when it is fine. */
  readonly whyNot: (value: unknown) => string | undefined;
}

const oneOf = <T extends string>(name: string, fallback: T, choices: readonly T[]): Setting<T> => ({
  name,
  fallback,
  whyNot: (value) =>
    choices.some((choice) => choice === value) ? undefined : `must be one of ${choices.join(', ')}`,
});

const integer = (name: string, fallback: number, low: number, high: number): Setting<number> => ({
  name,
  fallback,
  whyNot: (value) =>
    Number.isInteger(value) && Number(value) >= low && Number(value) <= high
      ? undefined
      : `must be an integer from ${low} to ${high}`,
});

const share = (name: string, fallback: number): Setting<number> => ({
  name,
  fallback,
  whyNot: (value) =>
    typeof value === 'number' && value >= 0 && value <= 1
      ? undefined
      : 'must be a number from 0 to 1',
});

const decibels = (name: string, fallback: number): Setting<number> => ({
  name,
  fallback,
  whyNot: (value) =>
    typeof value === 'number' && value >= 0 && value <= 100
      ? undefined
      : 'must be a number from 0 to 100',
});

const names = (name: string): Setting<readonly string[]> => ({
  name,
  fallback: [],
  whyNot: (value) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string')
      ? undefined
      : 'must be a list of names',
});

const flag = (name: string, fallback: boolean): Setting<boolean> => ({
  name,
  fallback,
  whyNot: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
});

const range = (name: string, fallback: RangeMethod): Setting<RangeMethod> => ({
  name,
  fallback,
  whyNot: (value) =>
    typeof value === 'string' && rangePattern.test(value)
      ? undefined
      : 'must be minmax, sqnr, mse, entropy, tf_enhanced, tf_enhanced_v1 or percentile:P',
});

/** The range finders that a target knows; package.json has the same pattern. */
const rangePattern =
  /^(minmax|sqnr|mse|entropy|tf_enhanced|tf_enhanced_v1|percentile:(100|[5-9]\d(\.\d+)?))$/;

/** Every setting there is. To add one: name it here and in `contributes.configuration`. */
export const settings = {
  weightBits: integer('target.weightBits', 8, 2, 16),
  activationBits: integer('target.activationBits', 8, 2, 32),
  granularity: oneOf('target.granularity', 'channel', ['tensor', 'channel']),
  symmetry: oneOf('target.symmetry', 'symmetric', [
    'symmetric',
    'strict',
    'unsigned',
    'asymmetric',
  ]),
  powerOfTwo: flag('target.powerOfTwoScales', false),
  activationSymmetry: oneOf('target.activationSymmetry', 'asymmetric', [
    'symmetric',
    'strict',
    'unsigned',
    'asymmetric',
  ]),
  weightRange: range('target.weightRange', 'minmax'),
  activationRange: range('target.activationRange', 'sqnr'),
  biasBits: oneOf('target.biasBits', '32', ['8', '16', '32', 'float']),
  rounding: oneOf('target.rounding', 'nearest', ['nearest', 'stochastic']),
  simulation: oneOf('target.simulation', 'float', ['float', 'integer']),
  fusesChannelCaps: flag('target.fusesChannelCaps', false),
  relu6: oneOf('equalize.relu6', 'cap', ['cap', 'relu', 'keep']),
  allowedChange: share('absorb.allowedChange', 0.01),
  seed: integer('seed', 1, 0, 2 ** 31 - 1),
  engine: oneOf('engine', 'auto', ['auto', 'onnxruntime', 'tfjs']),
  threads: integer('threads', 0, 0, 256),
  memoryLimitMegabytes: integer('memoryLimitMB', 500, 16, 1_048_576),
  probeCount: integer('proof.samples', 4, 2, 64),
  weakLayerDb: decibels('problems.weakLayerDb', 20),
  ignoredProblems: names('problems.ignore'),
  maximumModels: integer('sideBar.maximumModels', 200, 0, 5000),
} as const;

/** The values of all settings. */
export type Settings = {
  readonly [K in keyof typeof settings]: (typeof settings)[K]['fallback'];
};

/**
 * The settings as the user has them. A value of a wrong type or range is reported to `complain`
 * with the setting's full name, and the default is taken.
 */
export function readSettings(
  get: (name: string) => unknown,
  complain: (message: string) => void = () => undefined,
): Settings {
  const values = Object.entries(settings).map(([key, setting]) => {
    const value = get(setting.name);
    if (value === undefined) return [key, setting.fallback] as const;
    const reason = setting.whyNot(value);
    if (reason === undefined) return [key, value] as const;
    complain(`The setting rangefinder.${setting.name} ${reason}; its default is used.`);
    return [key, setting.fallback] as const;
  });
  return Object.fromEntries(values) as Settings; // each value was checked on the lines before
}

/** The target that a model is opened with. 32 activation bits mean that they stay in float. */
export const toTarget = (of: Settings): TargetSettings => ({
  profile: isDefaultTarget(of) ? 'default' : 'custom',
  weightBits: of.weightBits,
  activationBits: of.activationBits > 16 ? 'float' : of.activationBits,
  granularity: of.granularity,
  symmetry: of.symmetry,
  isPowerOfTwo: of.powerOfTwo,
  fusesChannelCaps: of.fusesChannelCaps,
  activationSymmetry: of.activationSymmetry,
  weightRange: of.weightRange,
  activationRange: of.activationRange,
  biasBits: of.biasBits === 'float' ? 'float' : (Number(of.biasBits) as 8 | 16 | 32),
  rounding: of.rounding,
  simulation: of.simulation,
  placement: 'default',
});

/** Whether the user trusts the workspace, and where it lies. */
export interface Trust {
  readonly isTrusted: boolean;
  readonly folders: readonly string[];
}

/** What the server is told when it starts: installed code is run in trusted folders only. */
export const toServerOptions = (
  of: Settings,
  storageFolder: string,
  { isTrusted, folders }: Trust,
): ServerOptions => ({
  storageFolder,
  engine: of.engine,
  isTrusted,
  nativeFolders: isTrusted ? folders : [],
  seed: of.seed,
  probeCount: of.probeCount,
  memoryLimitMegabytes: of.memoryLimitMegabytes,
  ...(of.threads > 0 ? { threads: of.threads } : {}),
});

const targetKeys = [
  'weightBits',
  'activationBits',
  'granularity',
  'symmetry',
  'powerOfTwo',
  'activationSymmetry',
  'weightRange',
  'activationRange',
  'biasBits',
  'rounding',
  'simulation',
  'fusesChannelCaps',
] as const;

const isDefaultTarget = (of: Settings): boolean =>
  targetKeys.every((key) => of[key] === settings[key].fallback);
