import type { EvaluationState } from '../../../server/protocol/data.ts';
import type { FileLine, ModelState, RailStep, RunStepId } from '../../../server/protocol/model.ts';
import { fromWire } from '../../../server/protocol/wire.ts';
import { bytes, count, plural } from '../../kit/numbers.ts';
import type { PageTab } from './kept.ts';
import { keptLimitsDb } from './limits.ts';

/** `ONNX 17`, `1.92 MB`, `89 nodes`, `475,546 weights`, `N×3×224×224 → N×1000`. */
export function factsOf(file: FileLine): readonly string[] {
  const flow = (shapes: readonly string[]): string =>
    shapes.length > 3
      ? `${shapes.slice(0, 2).join(', ')} and ${shapes.length - 2} more`
      : shapes.join(', ');
  const parts = [
    file.label,
    bytes(file.sizeBytes),
    plural(file.nodeCount, 'node'),
    plural(file.parameterCount, 'weight'),
    file.inputs.length + file.outputs.length > 0
      ? `${flow(file.inputs)} → ${flow(file.outputs)}`
      : '',
  ];
  return parts.filter((part) => part !== '');
}

/** One tab as it is labelled. */
export interface TabLabel {
  readonly tab: PageTab;
  readonly label: string;
  readonly badge?: string;
}

/** Tabs that have something to show for this kind of model. */
export function tabsOf(model: ModelState): TabLabel[] {
  const encodings = {
    tab: 'encodings',
    label: 'Encodings',
    badge: count(model.encodings.length),
  } as const;
  const layers = { tab: 'layers', label: 'Layers', badge: count(model.layers.length) } as const;
  const findings = {
    tab: 'findings',
    label: 'Findings',
    badge: count(model.findings.length),
  } as const;
  const ledger = { tab: 'ledger', label: 'Ledger', badge: count(model.ledger.length) } as const;
  const graph = { tab: 'graph', label: 'Graph' } as const;
  const compare = { tab: 'compare', label: 'Compare' } as const;
  if (model.kind === 'quantized') return [encodings, graph, findings, compare];
  return [layers, graph, findings, ledger, compare, { tab: 'proof', label: 'Proof' }];
}

/** The tab to show: the wanted one where the model has it, else the first. */
export function tabToShow(model: ModelState, wanted: PageTab | undefined): PageTab {
  const tabs = tabsOf(model);
  return tabs.find(({ tab }) => tab === wanted)?.tab ?? tabs[0]?.tab ?? 'layers';
}

const glyphWords = {
  'not-needed': 'not needed',
  available: 'available',
  done: 'done',
  refused: 'refused',
} as const;

/** The state of a step in words. */
export const stepStateInWords = (step: RailStep): string => glyphWords[step.state];

/** Which button is the filled one: there is one on a screen, the next step. */
export function mainButton(
  model: ModelState,
): 'apply' | 'repair' | 'save' | 'openFloatModel' | 'none' {
  if (model.kind === 'quantized') return 'openFloatModel';
  if (model.preview) return 'apply';
  const hasSave = model.steps.some((step) => step.buttons.includes('save'));
  if (hasSave) return 'save';
  return canRepair(model) && !isHealthy(model) ? 'repair' : 'none';
}

/**
 * No layer is marked, no finding hurts, and samples do not tell it from float: then there is nothing
 * to press for.
 */
export const isHealthy = ({ layers, findings, isComplete, evaluation }: ModelState): boolean =>
  isComplete &&
  layers.every(({ mark }) => mark === 'fine') &&
  findings.every(({ mark }) => mark !== 'hurts') &&
  (evaluation === undefined || (!evaluation.isStale && isLikeFloat(evaluation)));

/** Chance could make the difference to float; without labels, the outputs are near enough. */
function isLikeFloat({ rows, pairedFloat }: EvaluationState): boolean {
  if (pairedFloat)
    return pairedFloat.p > chanceShare || pairedFloat.onlyNow > pairedFloat.onlyFloat;
  const now = rows.find(({ state }) => state === 'now');
  return fromWire(now?.logitsSqnrDb ?? now?.sqnrDb ?? 'nan') >= keptLimitsDb.hurts;
}

/** From here on chance could do it, as Proof has it. */
const chanceShare = 0.05;

/** What *Repair* does, in two lines; of a healthy model that nothing asks for it. */
export function repairInWords(model: ModelState): readonly [string, string] {
  if (!isHealthy(model)) return ['Run all steps,', 'keep what helps'];
  return model.evaluation
    ? ['Nothing to repair', 'at this target']
    : ['Nothing to repair', 'by the weights'];
}

/** Repair is offered until something is applied, while a step could do something. */
export const canRepair = (model: ModelState): boolean =>
  model.kind === 'float' &&
  model.preview === undefined &&
  model.changes.length === 0 &&
  model.steps.some((step) => step.id !== 'save' && step.state === 'available');

/** `Apply 3 steps`. */
export const applyLabel = (steps: readonly RunStepId[]): string =>
  `Apply ${plural(steps.length, 'step')}`;
