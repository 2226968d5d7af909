import type { Command } from './command.ts';
import { t } from '../l10n.ts';

/** Reads the file again after it could not be read. */
export const tryAgain: Command = {
  id: 'rangefinder.tryAgain',
  async run(host) {
    const { model } = host;
    // Reading it again would give up what was corrected since.
    if (model?.state) await host.tell(t('{0} was read without a fault.', model.name));
    else await model?.reload();
  },
};
