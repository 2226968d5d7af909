import type { RunStepId } from '../../server/protocol/model.ts';
import { modelOr, type Command } from './command.ts';

/** A command that applies steps to the model in view; a file from a menu is opened first. */
export const applyCommand = (id: Command['id'], steps: readonly RunStepId[]): Command => ({
  id,
  async run(host, argument) {
    const model = await modelOr(host, argument, 'no-preview');
    await model?.apply(host.requests(steps));
  },
});

/** A command that shows what steps would do. */
export const previewCommand = (id: Command['id'], steps: readonly RunStepId[]): Command => ({
  id,
  async run(host, argument) {
    const model = await modelOr(host, argument, 'no-preview');
    await model?.preview(host.requests(steps));
  },
});
