import { memberOf, parseJsonTree, type JsonNode } from '../json/jsonTree.ts';
import { TextProblems, type TextProblem } from '../json/textProblem.ts';
import { checkQuantsimSchema } from './placements/quantsimSchema.ts';

/** `True` and `False` are strings in these files. */
export type QuantsimFlag = 'True' | 'False';

/** Quantizers of parameters, by the parameter's name (`weight`, `bias`) or for all. */
export interface QuantsimParameter {
  readonly is_quantized?: QuantsimFlag;
  readonly is_symmetric?: QuantsimFlag;
}

/** A pair of widths that an operator can be computed with. */
export interface QuantsimKernel {
  readonly activation?: { readonly bitwidth: number; readonly dtype: 'int' | 'float' };
  readonly param?: { readonly bitwidth: number; readonly dtype: 'int' | 'float' };
}

/**
 * A quantsim configuration as its file has it (algorithms: section 6.10), so that what a team has
 * written for AIMET serves here. Sections are applied in this order, later ones over earlier.
 */
export interface QuantsimConfiguration {
  readonly defaults: {
    readonly ops: {
      readonly is_output_quantized?: QuantsimFlag;
      readonly is_input_quantized?: QuantsimFlag;
      readonly is_symmetric?: QuantsimFlag;
    };
    readonly params: QuantsimParameter;
    readonly strict_symmetric?: QuantsimFlag;
    readonly unsigned_symmetric?: QuantsimFlag;
    readonly per_channel_quantization?: QuantsimFlag;
    readonly supported_kernels?: readonly QuantsimKernel[];
    readonly hw_version?: string;
  };
  readonly params: Readonly<Record<string, QuantsimParameter>>;
  readonly op_type: Readonly<
    Record<
      string,
      {
        readonly is_input_quantized?: QuantsimFlag;
        readonly is_output_quantized?: QuantsimFlag;
        readonly is_symmetric?: QuantsimFlag;
        readonly params?: Readonly<Record<string, QuantsimParameter>>;
        readonly per_channel_quantization?: QuantsimFlag;
        readonly supported_kernels?: readonly QuantsimKernel[];
        readonly encoding_constraints?: { readonly min: number; readonly max: number };
      }
    >
  >;
  readonly supergroups: readonly { readonly op_list: readonly string[] }[];
  /** Patterns that AIMET knows by name: `MatmulAdd` (a MatMul and its bias), ... */
  readonly supergroup_pass_list?: readonly string[];
  readonly model_input: { readonly is_input_quantized?: QuantsimFlag };
  readonly model_output: { readonly is_output_quantized?: QuantsimFlag };
}

/** Named passes that need nothing done here, or are done. */
const knownPasses: ReadonlySet<string> = new Set(['MatmulAdd']);
const normalizations: ReadonlySet<string> = new Set(['LayerNormalization', 'RMSNormalization']);

/**
 * Reads a quantsim configuration from its file's text. Every problem has its line and column; there
 * is a configuration only where none of them is an error.
 */
export function parseQuantsimConfiguration(text: string): {
  readonly configuration?: QuantsimConfiguration;
  readonly problems: readonly TextProblem[];
} {
  const problems = new TextProblems(text);
  const parsed = parseJsonTree(text);
  if (parsed.fault) {
    problems.addFault(parsed.fault);
    return { problems: problems.list };
  }
  const { root } = parsed;
  checkQuantsimSchema(root, problems);
  checkKernels(root, problems);
  checkConstraints(root, problems);
  checkPasses(root, problems);
  if (problems.hasErrors) return { problems: problems.list };
  // the schema has been checked
  return { configuration: plain(root) as QuantsimConfiguration, problems: problems.list };
}

/** Floats of 16 bits are the only ones that kernels are configured with. */
function checkKernels(root: JsonNode, problems: TextProblems): void {
  const lists = [memberOf(root, 'defaults'), ...operators(root)];
  for (const list of lists.map((one) => memberOf(one, 'supported_kernels'))) {
    for (const kernel of list?.kind === 'array' ? list.items : []) {
      for (const width of [memberOf(kernel, 'activation'), memberOf(kernel, 'param')]) {
        const [bits, type] = [memberOf(width, 'bitwidth'), memberOf(width, 'dtype')];
        const isFloat = type?.kind === 'string' && type.value === 'float';
        if (isFloat && bits?.kind === 'number' && bits.value !== 16) {
          problems.add(bits, 'wrong-value', 'A float kernel must have a "bitwidth" of 16.');
        }
      }
    }
  }
}

function checkConstraints(root: JsonNode, problems: TextProblems): void {
  for (const operator of operators(root)) {
    const range = memberOf(operator, 'encoding_constraints');
    const [min, max] = [memberOf(range, 'min'), memberOf(range, 'max')];
    if (!range || min?.kind !== 'number' || max?.kind !== 'number') continue;
    if (!(min.value < max.value)) {
      problems.add(range, 'empty-range', '"min" must be below "max".');
    } else if (min.value > 0 || max.value < 0) {
      const text = 'The range is widened to 0: every grid has a level for zero.';
      problems.add(range, 'range-without-zero', text, 'warning');
    }
  }
}

function checkPasses(root: JsonNode, problems: TextProblems): void {
  const list = memberOf(root, 'supergroup_pass_list');
  for (const item of list?.kind === 'array' ? list.items : []) {
    if (item.kind !== 'string' || knownPasses.has(item.value)) continue;
    const text = normalizations.has(item.value)
      ? `${item.value} as one operator has one quantizer; written out in parts it has one for each part here.`
      : `The pass "${item.value}" is not known here and does nothing.`;
    problems.add(item, 'unknown-pass', text, normalizations.has(item.value) ? 'info' : 'warning');
  }
}

const operators = (root: JsonNode): JsonNode[] => {
  const types = memberOf(root, 'op_type');
  return types?.kind === 'object' ? types.members.map(({ value }) => value) : [];
};

/** The value without its places. */
function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]));
    case 'array':
      return node.items.map(plain);
    case 'null':
      return null;
    default:
      return node.value;
  }
}
