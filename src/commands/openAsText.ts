import { isFile, type Command } from './command.ts';

/** Opens the file of the model as text. */
export const openAsText: Command = {
  id: 'rangefinder.openAsText',
  async run(host, argument) {
    const uri = isFile(argument) ? argument : host.model?.uri;
    if (uri) await host.execute('vscode.openWith', uri, 'default');
  },
};
