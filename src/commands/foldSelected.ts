import type { FoldChoice } from '../../server/protocol/requests.ts';
import type { Choice } from '../host.ts';
import { modelOr, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Asks which batch norms go into the selected layers, and which way; shows just these folds. */
export const foldSelected: Command = {
  id: 'rangefinder.foldSelected',
  async run(host) {
    const model = await modelOr(host, undefined, 'no-preview');
    if (!model) return;
    if (host.selection.length === 0) {
      await host.tell(t('Select the layers first whose batch norms are to be folded.'));
      return;
    }
    const folds = await model.questions.listFolds(host.selection);
    if (!folds) return;
    if (folds.length === 0) {
      await host.tell(t('No batch norm stands right before or behind the selected layers.'));
      return;
    }
    const picked = await host.chooseMany(t('Fold just these batch norms'), choicesOf(folds));
    if (!picked || picked.length === 0) return;
    const pairs = picked.map(({ layer, batchNorm, direction }) => ({
      layer,
      batchNorm,
      direction,
    }));
    await model.preview([{ step: 'fold', options: { pairs } }]);
  },
};

/** One line a fold; what can be done is taken to begin with, once for each batch norm. */
function choicesOf(folds: readonly FoldChoice[]): Choice<FoldChoice>[] {
  const taken = new Set<string>();
  return folds.map((fold) => {
    const { layer, batchNorm, direction, whyNot } = fold;
    const isCurrent = whyNot === undefined && !taken.has(batchNorm);
    if (isCurrent) taken.add(batchNorm);
    return {
      label: direction === 'backward' ? `${layer} ← ${batchNorm}` : `${batchNorm} → ${layer}`,
      description:
        direction === 'backward'
          ? t('backward, into the layer before it')
          : t('forward, into the layer behind it'),
      ...(whyNot === undefined ? {} : { detail: t('Not possible: {0}', whyNot) }),
      value: fold,
      isCurrent,
    };
  });
}
