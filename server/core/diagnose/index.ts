import { isQuantizedModel } from '../quant/quantizedModel.ts';
import type { DiagnoseInput, Finding, Mark, Rule, Severity } from './finding.ts';
import { absurdScale } from './rules/absurdScale.ts';
import { alreadyQuantized } from './rules/alreadyQuantized.ts';
import { deadChannels } from './rules/deadChannels.ts';
import { noLayers } from './rules/noLayers.ts';
import { notFinite } from './rules/notFinite.ts';
import { outlierWeights } from './rules/outlierWeights.ts';
import { relu6InSet } from './rules/relu6InSet.ts';
import { tinyChannels } from './rules/tinyChannels.ts';
import { unevenChannels } from './rules/unevenChannels.ts';
import { unfoldedBatchNorm } from './rules/unfoldedBatchNorm.ts';
import { weakLayer } from './rules/weakLayer.ts';

/** Every rule there is, the graver first. To add one: write its file and docs/<code>.md, name it here. */
export const rules: readonly Rule[] = [
  notFinite,
  alreadyQuantized,
  noLayers,
  weakLayer,
  deadChannels,
  unevenChannels,
  tinyChannels,
  outlierWeights,
  unfoldedBatchNorm,
  absurdScale,
  relu6InSet,
];

/** What makes sense to say of a model that is quantized already. */
const rulesForQuantized: readonly Rule[] = [notFinite, alreadyQuantized, noLayers];

/** What there is to know about a model on its target, worst first. */
export function diagnose(input: DiagnoseInput): Finding[] {
  const asked = isQuantizedModel(input.graph) ? rulesForQuantized : rules;
  const findings = asked.flatMap((rule) => {
    const found = rule.find(input);
    return found ? [{ code: rule.code, severity: severityOf(rule, found.mark), ...found }] : [];
  });
  return findings.sort((a, b) => weight[a.mark] - weight[b.mark]);
}

/** One mapping for all: panel and command line agree on what matters. */
function severityOf({ blocks = false }: Rule, mark: Mark): Severity {
  if (blocks) return 'error';
  return mark === 'fine' ? 'info' : 'warning';
}

const weight: Readonly<Record<Mark, number>> = { hurts: 0, watch: 1, fine: 2 };
