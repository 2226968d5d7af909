import type {
  QuantsimConfiguration,
  QuantsimFlag,
} from '../../server/core/quant/quantsimConfiguration.ts';

/** One configuration of facts.json. */
export interface Facts {
  readonly outputsSymmetric: boolean;
  readonly paramsQuantized: boolean;
  readonly paramsSymmetric: boolean;
  readonly strictSymmetric: boolean;
  readonly perChannelByDefault: boolean;
  readonly perChannelOn: readonly string[];
  readonly modelInputQuantized: boolean;
  readonly outputNotQuantized: readonly string[];
  readonly supergroups: readonly string[];
  readonly supergroupPasses: readonly string[];
}

const flag = (value: boolean): QuantsimFlag => (value ? 'True' : 'False');

/** The configuration file that the facts were read from, as far as they tell. */
export function configurationOf(facts: Facts): QuantsimConfiguration {
  return {
    defaults: {
      ops: { is_output_quantized: 'True', is_symmetric: flag(facts.outputsSymmetric) },
      params: {
        is_quantized: flag(facts.paramsQuantized),
        is_symmetric: flag(facts.paramsSymmetric),
      },
      strict_symmetric: flag(facts.strictSymmetric),
      per_channel_quantization: flag(facts.perChannelByDefault),
    },
    params: { bias: { is_quantized: 'False' } },
    op_type: opTypesOf(facts),
    supergroups: facts.supergroups.map((text) => ({ op_list: text.split(' > ') })),
    supergroup_pass_list: facts.supergroupPasses,
    model_input: { is_input_quantized: flag(facts.modelInputQuantized) },
    model_output: {},
  };
}

function opTypesOf(facts: Facts): QuantsimConfiguration['op_type'] {
  const rules: Record<string, QuantsimConfiguration['op_type'][string]> = {};
  for (const op of facts.perChannelOn) rules[op] = { per_channel_quantization: 'True' };
  for (const op of facts.outputNotQuantized) rules[op] = { is_output_quantized: 'False' };
  return rules;
}
