import type { LayerReport } from '../../reports/weightReport.ts';
import { countText, nounText, timesText } from '../../reports/words.ts';
import type { Rule } from '../finding.ts';
import { gapLimitsDb, gapOf, keptLimitDb } from '../marks.ts';
import { perChannelRemedy, soundReports, stepRemedy } from '../remedies.ts';

/** Channels so uneven that one scale for all of them serves few. */
export const unevenChannels: Rule = {
  code: 'uneven-channels',
  find(input) {
    const uneven = soundReports(input.reports)
      .filter(({ figures }) => gapOf(figures) > gapLimitsDb.watch)
      .sort((a, b) => gapOf(b.figures) - gapOf(a.figures));
    const [worst] = uneven;
    if (!worst) return undefined;
    const isShared = input.target.granularity === 'tensor';
    // Where outputs are estimated, those say whether it hurts.
    const isHurt = uneven.some(
      ({ figures }) =>
        gapOf(figures) > gapLimitsDb.hurts && (figures.estimated ?? -Infinity) < keptLimitDb,
    );
    const sqnrTensor = ({ figures }: LayerReport): number => figures.sqnrTensor;
    return {
      mark: isShared ? (isHurt ? 'hurts' : 'watch') : 'fine',
      title: titleOf(uneven, isShared),
      text: isShared ? causeOf(worst) : `${widestOf(worst)}. ${unharmed}`,
      layers: uneven.map(({ layer }) => layer.node.id),
      remedies: [
        stepRemedy(input, 'equalize', 'Equalize', uneven, sqnrTensor),
        ...perChannelRemedy(input, uneven),
      ],
    };
  },
};

const unharmed =
  'This target has a scale for each channel and loses nothing by it; one with a scale per tensor would.';

function titleOf(uneven: readonly LayerReport[], isShared: boolean): string {
  const over = uneven.filter(({ figures }) => gapOf(figures) > gapLimitsDb.hurts).length;
  const rest = uneven.length - over;
  const lose = isShared ? 'lose' : 'would lose';
  const count = over > 0 ? over : rest;
  const loses = isShared && count === 1 ? 'loses' : lose;
  const limit = over > 0 ? gapLimitsDb.hurts : gapLimitsDb.watch;
  const more = over > 0 && rest > 0 ? `, ${countText(rest)} more than ${gapLimitsDb.watch} dB` : '';
  return `${nounText(count, 'layer')} ${loses} more than ${limit} dB by sharing one scale${more}`;
}

const widestOf = ({ layer, figures }: LayerReport): string =>
  `Worst: ${layer.name}. Its widest channel is ${timesText(figures.spread)} the median`;

function causeOf(report: LayerReport): string {
  const { layer, figures } = report;
  const widest = widestOf(report);
  if (figures.lostChannels === 0) return `${widest}, and one grid has to serve them all.`;
  const of = countText(layer.outChannels);
  const lost =
    figures.lostChannels === 1
      ? `1 of its ${of} channels lies below half a step and rounds to 0`
      : `${countText(figures.lostChannels)} of its ${of} channels lie below half a step and round to 0`;
  return `${widest}; ${lost}.`;
}
