import { modelOr, type Command } from './command.ts';

/** Keeps the unsaved corrections although the file changed on disk. */
export const keepMine: Command = {
  id: 'rangefinder.keepMine',
  async run(host) {
    const model = await modelOr(host, undefined, 'other-file');
    await model?.keepMine();
  },
};
