import type { LayerReport } from '../../reports/weightReport.ts';
import { nounText, withUnit } from '../../reports/words.ts';
import type { DiagnoseInput, FindingRemedy, Rule } from '../finding.ts';
import { lowestChosen, soundReports } from '../remedies.ts';

/** Batch norms that stand beside their layers: the weights in the file are not those to be rounded. */
export const unfoldedBatchNorm: Rule = {
  code: 'unfolded-batch-norm',
  find(input) {
    const { foldable } = input;
    if (foldable.length === 0) return undefined;
    const ids = new Set(foldable.flatMap(({ layer }) => (layer === undefined ? [] : [layer])));
    const many = foldable.length > 1;
    return {
      mark: 'watch',
      title: `${nounText(foldable.length, 'batch norm is', 'batch norms are')} not folded yet`,
      text: `Every target folds ${many ? 'them into their layers' : 'it into its layer'} before it rounds. ${figuresWords(input, ids)}`,
      layers: [...ids],
      remedies: [exactly],
    };
  },
};

/** No figure tells what folding brings: what stands before it is not what a target rounds. */
const exactly: FindingRemedy = {
  label: 'Fold',
  step: 'fold',
  fromDb: NaN,
  toDb: NaN,
  isMeasured: false,
  note: 'exact: outputs stay',
};

function figuresWords({ reports, unfolded }: DiagnoseInput, ids: ReadonlySet<number>): string {
  const lowest = (of: readonly LayerReport[]): string =>
    withUnit(lowestChosen(soundReports(of).filter(({ layer }) => ids.has(layer.node.id))));
  if (!unfolded || ids.size === 0) {
    return 'Findings and figures here are of the weights as they stand in the file: fold to see those that are rounded.';
  }
  return `The findings are of the folded weights already. The lowest SQNR of these layers is ${lowest(reports)}; as they stand in the file it would be ${lowest(unfolded)}.`;
}
