import { modelOr, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Takes encodings from a file and freezes them. */
export const loadEncodings: Command = {
  id: 'rangefinder.loadEncodings',
  async run(host) {
    const model = await modelOr(host, undefined, 'float');
    if (!model) return;
    const from = await host.pickPath(t('Load encodings'), 'file', {
      [t('Encodings')]: ['encodings', 'json'],
      [t('All files')]: ['*'],
    });
    if (!from) return;
    const notes = await model.data.loadEncodings(from);
    if (notes) void host.tell([t('The encodings were taken and frozen.'), ...notes].join(' '));
  },
};
