import type { Command } from './command.ts';

/** Copies the bundled sample to where it may be changed, and opens it. */
export const openSample: Command = {
  id: 'rangefinder.openSample',
  async run(host) {
    const uri = await host.copySample();
    if (uri) await host.openModel(uri);
    else
      await host.tell(
        'The sample is not part of this installation. Run “npm run make:sample” in the sources to make it.',
      );
  },
};
