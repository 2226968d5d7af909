import type { GridFormat } from '../grid.ts';
import type {
  QuantsimConfiguration,
  QuantsimFlag,
  QuantsimKernel,
  QuantsimParameter,
} from '../quantsimConfiguration.ts';
import type { Symmetry, Target } from '../targets.ts';

/** What a configuration says of one kind of parameter of one operator. */
export interface ParameterRule {
  readonly isQuantized: boolean;
  /** Undefined where the kernel computes with float parameters. */
  readonly format: GridFormat | undefined;
  readonly isPerChannel: boolean;
}

/** What a configuration says of one operator. */
export interface OperatorRule {
  readonly isInputQuantized: boolean;
  readonly isOutputQuantized: boolean;
  /** True where the configuration names this operator's output: that goes before habit. */
  readonly isOutputNamed: boolean;
  /** Undefined where activations stay in float. */
  readonly activation: GridFormat | undefined;
  readonly fixed: { readonly min: number; readonly max: number } | undefined;
  parameter(name: string): ParameterRule;
}

/** The rules of a configuration; what it leaves open is the target's. */
export interface PlacementRules {
  readonly isModelInputQuantized: boolean;
  readonly isModelOutputQuantized: boolean;
  /** Of what no operator makes: the model's inputs. */
  readonly activation: GridFormat | undefined;
  readonly supergroups: readonly (readonly string[])[];
  /** MatMul and the Add of its bias are one. */
  readonly joinsMatMulAdd: boolean;
  readonly hardware: string | undefined;
  of(op: string): OperatorRule;
}

/** Reads a configuration in its order of sections (algorithms: section 6.10) over a target. */
export function rulesOf(configuration: QuantsimConfiguration, target: Target): PlacementRules {
  const known = new Map<string, OperatorRule>();
  const { defaults, supergroups, model_input: input, model_output: output } = configuration;
  return {
    isModelInputQuantized: isTrue(input.is_input_quantized),
    isModelOutputQuantized: isTrue(output.is_output_quantized),
    activation: activationFormat(configuration, target, undefined, target.activationBits),
    supergroups: supergroups.map((group) => group.op_list),
    joinsMatMulAdd: configuration.supergroup_pass_list?.includes('MatmulAdd') ?? false,
    hardware: defaults.hw_version,
    of(op) {
      const rule = known.get(op) ?? operatorRule(configuration, target, op);
      known.set(op, rule);
      return rule;
    },
  };
}

function operatorRule(
  configuration: QuantsimConfiguration,
  target: Target,
  op: string,
): OperatorRule {
  const { defaults, params } = configuration;
  const own = Object.hasOwn(configuration.op_type, op) ? configuration.op_type[op] : undefined;
  const bits = bitsOf(own?.supported_kernels, target);
  const isPerChannel =
    own?.per_channel_quantization ??
    defaults.per_channel_quantization ??
    flag(target.granularity === 'channel');
  return {
    isInputQuantized: isTrue(own?.is_input_quantized ?? defaults.ops.is_input_quantized),
    isOutputQuantized: isTrue(own?.is_output_quantized ?? defaults.ops.is_output_quantized),
    isOutputNamed: own?.is_output_quantized !== undefined,
    activation: activationFormat(configuration, target, own?.is_symmetric, bits.activation),
    fixed: own?.encoding_constraints,
    parameter(name) {
      const all = Object.hasOwn(params, name) ? params[name] : undefined;
      const one = own?.params && Object.hasOwn(own.params, name) ? own.params[name] : undefined;
      const rule: QuantsimParameter = { ...defaults.params, ...all, ...one };
      const symmetry = symmetryOf(rule.is_symmetric, target.symmetry, configuration);
      return {
        isQuantized: isTrue(rule.is_quantized),
        format: formatOf(bits.param, symmetry, target),
        isPerChannel: isTrue(isPerChannel),
      };
    },
  };
}

function activationFormat(
  configuration: QuantsimConfiguration,
  target: Target,
  own: QuantsimFlag | undefined,
  bits: number | 'float',
): GridFormat | undefined {
  const isSymmetric = own ?? configuration.defaults.ops.is_symmetric;
  const symmetry = symmetryOf(isSymmetric, target.activationSymmetry, configuration);
  return formatOf(bits, symmetry, target);
}

/** Integers of up to 16 bits are rounded to; wider ones are as good as float. */
const formatOf = (
  bits: number | 'float',
  symmetry: Symmetry,
  { isPowerOfTwo }: Target,
): GridFormat | undefined =>
  bits === 'float' || bits > 16 ? undefined : { bits, symmetry, isPowerOfTwo };

function symmetryOf(
  isSymmetric: QuantsimFlag | undefined,
  otherwise: Symmetry,
  { defaults }: QuantsimConfiguration,
): Symmetry {
  if (isSymmetric === 'False') return 'asymmetric';
  if (isSymmetric === undefined && otherwise === 'asymmetric') return otherwise;
  if (isTrue(defaults.strict_symmetric)) return 'strict';
  if (isTrue(defaults.unsigned_symmetric)) return 'unsigned';
  const isOff =
    (otherwise === 'strict' && defaults.strict_symmetric === 'False') ||
    (otherwise === 'unsigned' && defaults.unsigned_symmetric === 'False');
  return otherwise === 'asymmetric' || isOff ? 'symmetric' : otherwise;
}

interface Bits {
  readonly activation: number | 'float';
  readonly param: number | 'float';
}

/** The target's bits where the operator has a kernel for them, else those of its first kernel. */
function bitsOf(kernels: readonly QuantsimKernel[] | undefined, target: Target): Bits {
  const wanted: Bits = { activation: target.activationBits, param: target.weightBits };
  if (!kernels || kernels.length === 0 || wanted.activation === 'float') return wanted;
  const offered = kernels.map(({ activation, param }): Bits => ({
    activation: activation ? widthOf(activation) : wanted.activation,
    param: param ? widthOf(param) : wanted.param,
  }));
  const fits = offered.some(
    (one) => one.activation === wanted.activation && one.param === wanted.param,
  );
  return fits ? wanted : (offered[0] ?? wanted);
}

const widthOf = ({ bitwidth, dtype }: NonNullable<QuantsimKernel['param']>): number | 'float' =>
  dtype === 'float' ? 'float' : bitwidth;

const isTrue = (value: QuantsimFlag | undefined): boolean => value === 'True';
const flag = (value: boolean): QuantsimFlag => (value ? 'True' : 'False');
