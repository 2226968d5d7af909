import { modelOr, type Command } from './command.ts';

/** Saves the model in view to another file. */
export const saveAs: Command = {
  id: 'rangefinder.saveAs',
  async run(host) {
    if (await modelOr(host)) await host.execute('workbench.action.files.saveAs');
  },
};
