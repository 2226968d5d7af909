import { nounText, timesText } from '../../reports/words.ts';
import type { Rule } from '../finding.ts';
import { isOutlierHeavy, peakLimits, peakOf } from '../peaks.ts';
import { moreBitsRemedy } from '../remedies.ts';

/** A few weights far above the rest of their own channel: no scale a channel helps. */
export const outlierWeights: Rule = {
  code: 'outlier-weights',
  find(input) {
    const heavy = input.reports.filter(isOutlierHeavy).sort((a, b) => peakOf(b) - peakOf(a));
    const [worst] = heavy;
    if (!worst) return undefined;
    const isHurt = peakOf(worst) > peakLimits.hurts;
    const kurtosis = (worst.statistics?.kurtosis ?? 0).toFixed(0);
    return {
      mark: isHurt ? 'hurts' : 'watch',
      title: `In ${nounText(heavy.length, 'layer')} a few weights set the scale`,
      text: `Worst: ${worst.layer.name}. Its largest weights are ${timesText(peakOf(worst))} the RMS of their own channel (kurtosis ${kurtosis}, where a normal distribution has 3), so most others share few levels.`,
      layers: heavy.map(({ layer }) => layer.node.id),
      remedies: moreBitsRemedy(input, heavy),
    };
  },
};
