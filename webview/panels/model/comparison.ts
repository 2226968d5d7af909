import type { ComparisonView } from '../../../server/protocol/compare.ts';
import type { Page } from './page.ts';
import { tabToShow } from './viewModel.ts';

/** A page that was told of nothing yet compares what the model was with what it is. */
export const comparisonAtFirst: ComparisonView = {
  sides: [
    { kind: 'opened', title: 'Quantized, as opened' },
    { kind: 'now', title: 'Quantized, now' },
  ],
  isBusy: false,
  isStale: false,
};

let asked: ComparisonView | undefined;

/** Has another model compared again once what is shown has changed, while somebody looks at it. */
export function refreshComparison(page: Page): void {
  const { model, comparison, job, kept } = page.state;
  if (!model || !comparison.isStale || comparison.isBusy || comparison === asked) return;
  if (job || model.measuring || tabToShow(model, kept.tab) !== 'compare') return;
  asked = comparison;
  page.post({ type: 'compareAgain' });
}
