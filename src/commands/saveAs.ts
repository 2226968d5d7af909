import { modelOr, type Command } from './command.ts';

/** Saves the model in view to another file. */
export const saveAs: Command = {
  id: 'rangefinder.saveAs',
  async run(host) {
    const model = await modelOr(host);
    if (!model) return;
    await host.toFront(model);
    await host.execute('workbench.action.files.saveAs');
  },
};
