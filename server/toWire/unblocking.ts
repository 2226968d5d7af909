import type { LedgerAction, RunStepId } from '../protocol/model.ts';
import type { DataStepId } from '../quantize/dataRepair.ts';

/** A share of the largest output: the preview says how far they move, and that is to be judged. */
const anyChange = Number.MAX_VALUE;

/** What a page can do about a refusal; the rest can only be done outside of this program. */
const actions: Readonly<Record<string, LedgerAction>> = {
  'absorb/padded': {
    label: 'Allow the border effect…',
    preview: { step: 'absorb', options: { allowBorderEffect: true, allowedChange: anyChange } },
  },
  'absorb/moves-outputs': {
    label: 'Allow a larger change…',
    preview: { step: 'absorb', options: { allowedChange: anyChange } },
  },
  'equalize/relu6': {
    label: 'Give each channel its bound…',
    preview: { step: 'equalize', options: { relu6: 'cap' } },
  },
  'equalize/not-relu6': {
    label: 'Give each channel its bound…',
    preview: { step: 'equalize', options: { relu6: 'cap' } },
  },
  'equalize/opset': {
    label: 'Hold factors within the bound…',
    preview: { step: 'equalize', options: { relu6: 'bound' } },
  },
  'no-caps': { label: 'Save as ONNX…', command: 'saveAsOnnx' },
  quantized: { label: 'Open the float model…', command: 'openFloatModel' },
  'correct/not-finite': { label: 'Choose samples…', command: 'chooseSamples' },
};

/** Refusals that end when the batch norms are folded. */
const untilFolded: ReadonlySet<string> = new Set(['no-statistics', 'unfolded-batch-norm']);

/** True for a refusal that ends when the batch norms are folded, where any is left to fold. */
export const isUntilFolded = (code: string): boolean => untilFolded.has(code);

/** What would unblock a place, as something that the page does; undefined: nothing that it can. */
export function unblocking(
  step: DataStepId,
  code: string,
  { canFold, remedy }: { readonly canFold: boolean; readonly remedy: string | undefined },
): LedgerAction | undefined {
  if (code === 'not-kept')
    return { label: 'Preview it by hand…', preview: { step: railStep(step) } };
  if (isUntilFolded(code)) {
    return canFold ? { label: 'Fold the batch norms…', preview: { step: 'fold' } } : undefined;
  }
  if (code === 'held' && remedy !== undefined) return actions['no-caps'];
  return actions[`${step}/${code}`] ?? actions[code];
}

const railStep = (step: DataStepId): RunStepId =>
  step === 'clear' || step === 'relu6' ? 'equalize' : step;
