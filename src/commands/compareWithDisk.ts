import { fileOnDisk } from '../gitFiles.ts';
import type { Command } from './command.ts';
import { modelOr } from './command.ts';
import { showComparison } from './compareWith.ts';
import { t } from '../l10n.ts';

/** Compares the model in view, corrections included, with its file as somebody else has left it. */
export const compareWithDisk: Command = {
  id: 'rangefinder.compareWithDisk',
  async run(host) {
    const model = await modelOr(host);
    if (!model) return;
    await showComparison(host, model, fileOnDisk(model.uri, t('{0} on disk', model.name)));
  },
};
