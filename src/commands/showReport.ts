import { reportOf } from '../report.ts';
import { modelOr, type Command } from './command.ts';

/** Writes what is known of the model in view as a text that can be kept or sent. */
export const showReport: Command = {
  id: 'rangefinder.showReport',
  async run(host) {
    const model = await modelOr(host);
    if (model?.state) await host.showText(reportOf(model.state), 'markdown');
  },
};
