import { decibelText, nounText } from '../../reports/words.ts';
import type { Rule } from '../finding.ts';
import { gapLimitsDb, gapOf, keptLimitDb } from '../marks.ts';
import { moreBitsRemedy, perChannelRemedy, soundReports } from '../remedies.ts';

/** Layers that the grid is too coarse for, for another reason than uneven channels. */
export const weakLayer: Rule = {
  code: 'weak-layer',
  find(input) {
    const { target } = input;
    const isUneven = (gap: number): boolean =>
      target.granularity === 'tensor' && gap > gapLimitsDb.watch;
    const weak = soundReports(input.reports)
      .filter(({ figures }) => figures.sqnrChosen < keptLimitDb && !isUneven(gapOf(figures)))
      .sort((a, b) => a.figures.sqnrChosen - b.figures.sqnrChosen);
    const [worst] = weak;
    if (!worst) return undefined;
    const kept = decibelText(worst.figures.sqnrChosen);
    return {
      mark: 'hurts',
      title: `${nounText(weak.length, 'layer keeps', 'layers keep')} less than ${keptLimitDb} dB at ${target.weightBits} bits`,
      text: `Worst: ${worst.layer.name}, ${kept} dB from rounding its weights alone. Its channels are even enough; the grid has too few levels for the values in them.`,
      layers: weak.map(({ layer }) => layer.node.id),
      remedies: [...moreBitsRemedy(input, weak), ...perChannelRemedy(input, weak)],
    };
  },
};
