import type { RunStepId } from '../server/protocol/model.ts';
import type { StepRequest } from '../server/protocol/requests.ts';
import { settings, type Settings } from './config.ts';

/** Steps with the options that the settings, a choice of layers and the page give them. */
export function stepRequests(
  of: StepSettings,
  steps: readonly RunStepId[],
  layers?: readonly number[],
  own: Readonly<Record<string, unknown>> = {},
): StepRequest[] {
  return steps.map((step) => {
    const options = { ...optionsOf(step, of), ...(layers ? { layers } : {}), ...own };
    return Object.keys(options).length === 0 ? { step } : { step, options };
  });
}

type StepSettings = Pick<Settings, 'relu6' | 'allowedChange'>;

/** What differs from the defaults. */
function optionsOf(step: RunStepId, { relu6, allowedChange }: StepSettings): object {
  if (step === 'equalize' && relu6 !== settings.relu6.fallback) return { relu6 };
  if (step === 'absorb' && allowedChange !== settings.allowedChange.fallback)
    return { allowedChange };
  return {};
}
