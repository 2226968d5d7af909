import type { Command } from './command.ts';

/** Opens VS Code's editor for the trust in this workspace. */
export const manageTrust: Command = {
  id: 'rangefinder.manageTrust',
  run: (host) => host.execute('workbench.trust.manage'),
};
