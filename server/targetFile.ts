import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseJsonTree } from './core/json/jsonTree.ts';
import { TextProblems, type TextProblem } from './core/json/textProblem.ts';
import { isBuiltInPlacement } from './core/quant/placements/builtIn.ts';
import {
  parseQuantsimConfiguration,
  type QuantsimConfiguration,
  type QuantsimFlag,
  type QuantsimKernel,
} from './core/quant/quantsimConfiguration.ts';
import { defaultTarget, type Symmetry, type Target } from './core/quant/targets.ts';
import { err, ok, type Result } from './core/result.ts';
import type { FormatFault } from './formats/format.ts';
import { tellOperators } from './tellOperators.ts';

/** A quantsim configuration file, read. */
export interface TargetFile {
  readonly configuration: QuantsimConfiguration;
  /** The target that it describes; its placement is the file. */
  readonly target: Target;
  /** Things to say of it that are no errors. */
  readonly problems: readonly TextProblem[];
}

/** Reads a quantsim configuration file. A fault names line and column, and how many others follow. */
export function readTargetFile(path: string): Result<TargetFile, FormatFault> {
  const text = readText(path);
  if (!text.ok) return text;
  const { configuration, problems } = parseQuantsimConfiguration(text.value);
  if (!configuration) return err(faultOf(path, problems));
  return ok({ configuration, target: targetOf(configuration, resolve(path)), problems });
}

/** All that is to be said of a configuration; `own` are the operators of the model. */
export function quantsimProblems(text: string, own?: ReadonlySet<string>): TextProblem[] {
  const found = new TextProblems(text);
  const parsed = parseJsonTree(text);
  if (!parsed.fault) tellOperators(parsed.root, found, own);
  return [...parseQuantsimConfiguration(text).problems, ...found.list];
}

/** The same of a file; nothing of one that cannot be read. */
export function targetFileProblems(path: string, own: ReadonlySet<string>): TextProblem[] {
  const text = readText(path);
  return text.ok ? quantsimProblems(text.value, own) : [];
}

/** The configuration that a target's placement names; undefined for the built-in ones. */
export function readPlacement(
  placement: string,
): Result<QuantsimConfiguration | undefined, FormatFault> {
  if (isBuiltInPlacement(placement)) return ok(undefined);
  const read = readTargetFile(placement);
  return read.ok ? ok(read.value.configuration) : read;
}

/**
 * The target of a configuration: bits of the first kernel it supports (8 where it names none), signs
 * and granularity by its flags, which are off where they are left out; the rest is the default's.
 */
export function targetOf(configuration: QuantsimConfiguration, placement: string): Target {
  const { defaults, params, op_type: operators } = configuration;
  const kernel = defaults.supported_kernels?.[0];
  const weight = { ...defaults.params, ...params['weight'] };
  const bias = { ...defaults.params, ...params['bias'] };
  const perChannel = [defaults, ...layerTypes.map((op) => operators[op])].some(
    (one) => one?.per_channel_quantization === 'True',
  );
  return {
    ...defaultTarget,
    profile: 'custom',
    weightBits: bitsOf(kernel?.param, defaultTarget.weightBits),
    activationBits:
      kernel?.activation?.dtype === 'float' || (kernel?.activation?.bitwidth ?? 8) > 16
        ? 'float'
        : bitsOf(kernel?.activation, 8),
    granularity: perChannel ? 'channel' : 'tensor',
    symmetry: symmetryOf(weight.is_symmetric, configuration),
    activationSymmetry: symmetryOf(defaults.ops.is_symmetric, configuration),
    biasBits: bias.is_quantized === 'True' ? 32 : 'float',
    placement,
  };
}

const layerTypes = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'];

/** Wider integers, and floats, are as good as 16 bits. */
const bitsOf = (width: QuantsimKernel['param'], otherwise: number): number =>
  Math.min(16, width?.bitwidth ?? otherwise);

function symmetryOf(flag: QuantsimFlag | undefined, { defaults }: QuantsimConfiguration): Symmetry {
  if (flag !== 'True') return 'asymmetric';
  if (defaults.strict_symmetric === 'True') return 'strict';
  return defaults.unsigned_symmetric === 'True' ? 'unsigned' : 'symmetric';
}

function readText(path: string): Result<string, FormatFault> {
  try {
    return ok(readFileSync(path, 'utf8'));
  } catch (thrown) {
    const isAbsent = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return err({
      code: isAbsent ? 'not-found' : 'target-not-readable',
      message: `The target file ${path} ${isAbsent ? 'does not exist' : `cannot be read: ${detail}`}.`,
      where: path,
    });
  }
}

function faultOf(path: string, problems: readonly TextProblem[]): FormatFault {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const place = `${basename(path)}:${first?.line ?? 1}:${first?.column ?? 1}`;
  const others = errors.length - 1;
  const more = others > 0 ? ` (and ${others} more ${others === 1 ? 'error' : 'errors'})` : '';
  return {
    code: 'bad-target',
    message: `${place}: ${first?.message ?? 'it is no quantsim configuration.'}${more}`,
    where: `${path}:${first?.line ?? 1}:${first?.column ?? 1}`,
    remedy: 'Correct the quantsim configuration file, or name a built-in target.',
  };
}
