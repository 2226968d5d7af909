import type { Command } from './command.ts';
import { t } from '../l10n.ts';

/** Ends the model server and starts it; open models come back with their corrections. */
export const restartServer: Command = {
  id: 'rangefinder.restartServer',
  async run(host) {
    await host.restartServer();
    await host.tell(t('The model server was started again.'));
  },
};
