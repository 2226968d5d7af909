import type { RunStepId } from '../server/protocol/model.ts';
import type { StepRequest } from '../server/protocol/requests.ts';
import type { Settings } from './config.ts';

/** Steps with the options that the settings and a choice of layers give them. */
export function stepRequests(
  { relu6 }: Pick<Settings, 'relu6'>,
  steps: readonly RunStepId[],
  layers?: readonly number[],
): StepRequest[] {
  return steps.map((step) => {
    const own = step === 'equalize' && relu6 !== 'cap' ? { relu6 } : {};
    const options = { ...own, ...(layers ? { layers } : {}) };
    return Object.keys(options).length === 0 ? { step } : { step, options };
  });
}
