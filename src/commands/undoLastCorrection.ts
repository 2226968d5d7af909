import { modelOr, type Command } from './command.ts';

/** Undoes the last correction of the model that the side bar shows, as Ctrl+Z in its editor does. */
export const undoLastCorrection: Command = {
  id: 'rangefinder.undoLastCorrection',
  async run(host) {
    const model = await modelOr(host, undefined, 'corrections');
    if (!model) return;
    await host.toFront(model);
    await host.move('undo');
  },
};
