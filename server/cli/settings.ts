import type { RangeMethod, TargetSettings } from '../protocol/target.ts';
import { defaultTarget, targetLabel, targetProfiles, type Target } from '../core/quant/targets.ts';
import type { Arguments } from './arguments.ts';
import { modelSettings } from '../modelSettings.ts';
import type { ModelSettings } from '../protocol/modelSettings.ts';
import { isTargetPath, targetNames } from '../settingsTarget.ts';
import { readTargetFile, type TargetFile } from '../targetFile.ts';
import { CommandFault, fromFormat } from './fault.ts';
import { checkThere } from './missingFile.ts';
import { meant } from './nearest.ts';

/** Reads options as what they mean; a wrong value is a `usage` fault that says what is allowed. */
export class Settings {
  /** The target's file, read once. */
  #read: TargetFile | undefined;

  /** What the `rangefinder.json` of the model says, read once. */
  #beside: Pick<ModelSettings, 'path' | 'target' | 'targetFault'> | undefined;

  constructor(private readonly given: Arguments) {}

  has(name: string): boolean {
    return this.given.options.has(name);
  }

  text(name: string): string | undefined {
    const value = this.given.options.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  integer(name: string, least: number, most: number, otherwise: number): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw wrong(name, text, `a whole number from ${least} to ${most}`);
    }
    return value;
  }

  /** A share from 0 to 1; undefined where it is not given. */
  share(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || !(value >= 0 && value <= 1))
      throw wrong(name, text, 'a number from 0 to 1, such as 0.01');
    return value;
  }

  choice<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const found = allowed.find((one) => one === text);
    if (found === undefined) {
      throw wrong(name, text, `one of ${allowed.join(', ')}${meant(text, allowed)}`);
    }
    return found;
  }

  list(name: string, separator = ','): string[] {
    const text = this.text(name);
    return text === undefined
      ? []
      : text
          .split(separator)
          .map((s) => s.trim())
          .filter((s) => s !== '');
  }

  /** `a:b,c:d` as pairs. */
  pairs(name: string): [string, string][] {
    return this.list(name).map((text) => {
      const [first = '', second = '', ...more] = text.split(':');
      if (first === '' || second === '' || more.length > 0)
        throw wrong(name, text, 'pairs such as conv1:bn1');
      return [first, second];
    });
  }

  /** The target for people: what it is, by which name, and which options changed it. */
  targetText(): string {
    const target = this.target();
    const profile = this.#profile();
    const changes = Object.entries(gridOptions)
      .filter(([option, field]) => this.has(option) && target[field] !== profile[field])
      .map(([option]) => `--${option} ${this.text(option) ?? ''}`.trim());
    const changed = changes.length === 0 ? '' : `, changed by ${changes.join(', ')}`;
    const beside = this.has('target') ? undefined : this.#besideModel().target;
    const named = this.#read ? this.text('target') : profile.profile;
    const name = beside ? `${beside.name}, by rangefinder.json` : named;
    return `Target: ${targetLabel(target)} (${name}${changed})`;
  }

  /** The grid to judge by: the profile's, with single options over it. */
  target(): TargetSettings {
    const profile = this.#profile();
    return {
      fusesChannelCaps: profile.fusesChannelCaps,
      profile: Object.keys(gridOptions).some((option) => this.has(option))
        ? 'custom'
        : profile.profile,
      weightBits: this.integer('bits', 2, 16, profile.weightBits),
      activationBits:
        this.text('activation-bits') === 'float'
          ? 'float'
          : this.has('activation-bits')
            ? this.integer('activation-bits', 2, 16, 8)
            : profile.activationBits,
      granularity: this.choice('granularity', ['tensor', 'channel'], profile.granularity),
      symmetry: this.choice(
        'symmetry',
        ['symmetric', 'strict', 'unsigned', 'asymmetric'],
        profile.symmetry,
      ),
      isPowerOfTwo: this.has('power-of-two') || profile.isPowerOfTwo,
      activationSymmetry: this.choice(
        'activation-symmetry',
        ['symmetric', 'strict', 'unsigned', 'asymmetric'],
        profile.activationSymmetry,
      ),
      weightRange: this.range('range', profile.weightRange),
      activationRange: this.range('activation-range', profile.activationRange),
      biasBits: this.#biasBits(profile.biasBits),
      rounding: this.choice('rounding', ['nearest', 'stochastic'], profile.rounding),
      simulation: this.choice('simulate', ['float', 'integer'], profile.simulation),
      placement: profile.placement,
    };
  }

  /** A range finder; `percentile:P` with 50 < P <= 100. */
  range(name: string, otherwise: RangeMethod): RangeMethod {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const percent = /^percentile:(\d+(?:\.\d+)?)$/.exec(text)?.[1];
    if (percent !== undefined && Number(percent) > 50 && Number(percent) <= 100) {
      return `percentile:${Number(percent)}`;
    }
    if (percent !== undefined) throw wrong(name, text, 'percentile:P with P over 50 and up to 100');
    return this.choice(name, plainRanges, otherwise);
  }

  #biasBits(otherwise: TargetSettings['biasBits']): TargetSettings['biasBits'] {
    const text = this.choice('bias-bits', ['8', '16', '32', 'float'], `${otherwise}`);
    return text === 'float' ? 'float' : (Number(text) as 8 | 16 | 32);
  }

  #file(path: string): TargetFile {
    if (!this.#read) {
      checkThere(path, { is: '--target' });
      const read = readTargetFile(path);
      if (!read.ok) throw fromFormat(read.error, 3);
      this.#read = read.value;
    }
    return this.#read;
  }

  /** A target that is named wrongly there is refused: no other grid was meant. */
  #besideModel(): Pick<ModelSettings, 'path' | 'target' | 'targetFault'> {
    const { model } = this.given;
    this.#beside ??= model === undefined ? {} : modelSettings(model);
    const { targetFault, path } = this.#beside;
    if (targetFault === undefined) return this.#beside;
    const remedy = 'correct "target" in rangefinder.json, or give --target';
    throw new CommandFault(3, 'bad-settings', targetFault, path, remedy);
  }

  /** The target that was named, built in or in a file, else the model's settings', or the default. */
  #profile(): Target {
    const name = this.text('target');
    const beside = name === undefined ? this.#besideModel().target : undefined;
    if (beside) return beside.settings;
    const profile = targetProfiles.find((one) => one.profile === (name ?? defaultTarget.profile));
    if (!profile && isTargetPath(name ?? '')) return this.#file(name ?? '').target;
    if (!profile) {
      throw wrong(
        'target',
        name ?? '',
        `one of ${targetNames.join(', ')}, or the path of a target file (.json)${meant(name ?? '', targetNames)}`,
      );
    }
    return profile;
  }
}

/** Range finders without a number; `percentile:P` is the other. */
const plainRanges = ['minmax', 'tf_enhanced', 'tf_enhanced_v1', 'sqnr', 'mse', 'entropy'] as const;

/** Options that change a built-in target, and what of it. */
const gridOptions = {
  bits: 'weightBits',
  'activation-bits': 'activationBits',
  granularity: 'granularity',
  symmetry: 'symmetry',
  'power-of-two': 'isPowerOfTwo',
  'activation-symmetry': 'activationSymmetry',
  range: 'weightRange',
  'activation-range': 'activationRange',
  'bias-bits': 'biasBits',
  rounding: 'rounding',
  simulate: 'simulation',
} as const;

const wrong = (name: string, text: string, allowed: string): CommandFault =>
  new CommandFault(2, 'usage', `--${name} "${text}": must be ${allowed}`);
