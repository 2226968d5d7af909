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
