import { isFile, type Command } from './command.ts';

/** Opens the model that was right-clicked, or asks for a file. */
export const openDiagnostics: Command = {
  id: 'rangefinder.openDiagnostics',
  async run(host, argument) {
    const uri = isFile(argument)
      ? argument
      : await host.pickModelFile('Open Quantization Diagnostics');
    if (uri) await host.openModel(uri);
  },
};
