import type { ModelState } from '../../server/protocol/model.ts';

/** The state as the page draws it where the workspace is not trusted: it says what that leaves out. */
export const asRestricted = (state: ModelState): ModelState => ({
  ...state,
  verdict: [
    ...state.verdict,
    {
      text: ' Restricted mode: the settings of this folder and its rangefinder.json are not used, and no samples are opened by themselves. ',
      tone: 'dim',
    },
    { text: 'Manage trust', command: 'manageTrust' },
  ],
});
