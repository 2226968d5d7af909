import { modelOr, type Command } from './command.ts';

/** Loads the file as it is on disk and gives up the unsaved corrections. */
export const loadTheirs: Command = {
  id: 'rangefinder.loadTheirs',
  async run(host) {
    const model = await modelOr(host, undefined, 'other-file');
    if (!model) return;
    await host.toFront(model);
    // Through VS Code, so that the editor is no longer marked as changed.
    await host.execute('workbench.action.files.revert');
  },
};
