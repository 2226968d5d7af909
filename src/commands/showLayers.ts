import { modelOr, type Command } from './command.ts';

/** Shows the layers of the model in view. */
export const showLayers: Command = {
  id: 'rangefinder.showLayers',
  async run(host) {
    if (await modelOr(host, undefined, 'float')) host.showTab('layers');
  },
};
