import type { ModelState } from '../../server/protocol/model.ts';
import { t } from '../l10n.ts';

/** The state as the page draws it where the workspace is not trusted: it says what that leaves out. */
export const asRestricted = (state: ModelState): ModelState => ({
  ...state,
  verdict: [
    ...state.verdict,
    {
      text: t(
        ' Restricted mode: the settings of this folder and its rangefinder.json are not used, and no samples are opened by themselves. ',
      ),
      tone: 'dim',
    },
    { text: t('Manage trust'), command: 'manageTrust' },
  ],
});
