import type { ModelState } from '../../server/protocol/model.ts';
import { t } from '../l10n.ts';

/**
 * What a command needs of a model beyond that it is read; the palette offers it just there, and
 * where something else runs it all the same the user is told what is missing.
 */
export type Need =
  'layers' | 'float' | 'no-preview' | 'preview' | 'corrections' | 'corrected-biases' | 'other-file';

/** The model as far as needs are about it. */
interface Needed {
  readonly name: string;
  readonly isChangedOnDisk: boolean;
}

/** A sentence about what is missing; nothing where all is there. */
export function whatIsMissing(
  { name, isChangedOnDisk }: Needed,
  state: ModelState,
  need: Need,
): string | undefined {
  switch (need) {
    case 'layers':
      return state.kind === 'no-layers'
        ? t('{0} has no layers with weights, so there is nothing to look at.', name)
        : undefined;
    case 'float':
      return state.kind === 'quantized'
        ? t('{0} is quantized already: this needs the float model that it was made from.', name)
        : whatIsMissing({ name, isChangedOnDisk }, state, 'layers');
    case 'no-preview':
      return state.preview
        ? t('A preview of {0} is shown: apply or discard it first.', name)
        : whatIsMissing({ name, isChangedOnDisk }, state, 'float');
    case 'preview':
      return state.preview ? undefined : t('No preview of {0} is shown.', name);
    case 'corrections':
      return state.changes.length === 0 ? t('{0} has no corrections to undo.', name) : undefined;
    case 'corrected-biases':
      return state.correction
        ? whatIsMissing({ name, isChangedOnDisk }, state, 'no-preview')
        : t('The biases of {0} are not corrected.', name);
    case 'other-file':
      return isChangedOnDisk ? undefined : t('{0} has not changed on disk.', name);
  }
}
