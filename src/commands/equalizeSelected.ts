import { modelOr, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Shows what scaling the selected layers as one set would do; just them, or the reason why not. */
export const equalizeSelected: Command = {
  id: 'rangefinder.equalizeSelected',
  async run(host) {
    const model = await modelOr(host, undefined, 'no-preview');
    if (!model) return;
    const { selection } = host;
    if (selection.length < 2) {
      await host.tell(t('Select the layers of the set first: two or more that follow each other.'));
      return;
    }
    const requests = host
      .requests(['equalize'])
      .map(({ step, options }) => ({ step, options: { ...options, only: [selection] } }));
    await model.preview(requests);
  },
};
