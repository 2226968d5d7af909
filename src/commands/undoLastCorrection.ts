import { modelOr, type Command } from './command.ts';

/** Undoes the last correction of the model that the side bar shows, as Ctrl+Z in its editor does. */
export const undoLastCorrection: Command = {
  id: 'rangefinder.undoLastCorrection',
  async run(host) {
    const model = await modelOr(host);
    if (!model) return;
    await host.openModel(model.uri);
    await host.execute('undo');
  },
};
