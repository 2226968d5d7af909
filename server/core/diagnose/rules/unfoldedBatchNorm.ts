import { decibelText, nounText } from '../../reports/words.ts';
import type { Rule } from '../finding.ts';
import { soundReports, stepRemedy } from '../remedies.ts';

/** Batch norms that stand beside their layers: the weights shown are not those to be rounded. */
export const unfoldedBatchNorm: Rule = {
  code: 'unfolded-batch-norm',
  find(input) {
    const { foldable } = input;
    const [first] = foldable;
    if (!first) return undefined;
    const ids = new Set(foldable.flatMap(({ layer }) => (layer === undefined ? [] : [layer])));
    const concerned = soundReports(input.reports).filter(({ layer }) => ids.has(layer.node.id));
    const remedy = stepRemedy(input, 'fold', 'Fold', concerned);
    const moved = remedy.isMeasured
      ? ` Folded, the lowest weight SQNR of these layers is ${decibelText(remedy.toDb)} instead of ${decibelText(remedy.fromDb)} dB.`
      : ' Each folded channel gets another width, so the figures of these layers will change.';
    return {
      mark: 'watch',
      title: `${nounText(foldable.length, 'batch norm is', 'batch norms are')} not folded yet`,
      text: `Runtimes fold them before they round, so the weights as they stand are not those that will be rounded.${moved}`,
      layers: [...ids],
      remedies: [remedy],
    };
  },
};
