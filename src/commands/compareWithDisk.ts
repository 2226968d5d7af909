import type { Command } from './command.ts';
import { modelOr } from './command.ts';
import { showComparison, watchedFile } from './compareWith.ts';
import { t } from '../l10n.ts';

/** Compares the model in view, corrections included, with its file as somebody else has left it. */
export const compareWithDisk: Command = {
  id: 'rangefinder.compareWithDisk',
  async run(host) {
    const model = await modelOr(host, undefined, 'other-file');
    if (!model) return;
    await showComparison(host, model, watchedFile(host, model.uri, t('{0} on disk', model.name)));
  },
};
