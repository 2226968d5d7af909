import type { LayerReport } from '../../reports/weightReport.ts';
import { countText, nounText, rangeText } from '../../reports/words.ts';
import type { Rule } from '../finding.ts';
import { perChannelRemedy, soundReports, stepRemedy } from '../remedies.ts';

/** From this share of lost channels on, a layer is a different one after quantization. */
const hurtingShare = 0.1;

/** Channels so small beside the widest that all their weights round to 0. */
export const tinyChannels: Rule = {
  code: 'tiny-channels',
  find(input) {
    if (input.target.granularity === 'channel') return undefined;
    const losing = soundReports(input.reports)
      .filter(({ figures }) => figures.lostChannels > 0)
      .sort((a, b) => shareOf(b) - shareOf(a));
    const [worst] = losing;
    if (!worst) return undefined;
    const lost = losing.reduce((sum, { figures }) => sum + figures.lostChannels, 0);
    const isHurt = shareOf(worst) > hurtingShare;
    const half = rangeText(worst.figures.range.halfStep);
    const { lostChannels } = worst.figures;
    return {
      severity: 'warning',
      mark: isHurt ? 'hurts' : 'watch',
      title: `${nounText(lost, 'channel')} of ${nounText(losing.length, 'layer')} round${lost === 1 ? 's' : ''} to 0`,
      text: `Worst: ${worst.layer.name}, where ${countText(lostChannels)} of ${nounText(worst.layer.outChannels, 'channel')} ${lostChannels === 1 ? 'has' : 'have'} no weight above half a step, ${half}. What such a channel adds to the output is gone, whatever the input.`,
      layers: losing.map(({ layer }) => layer.node.id),
      remedies: [
        stepRemedy(input, 'equalize', 'Equalize', losing),
        ...perChannelRemedy(input, losing),
      ],
    };
  },
};

const shareOf = ({ layer, figures }: LayerReport): number =>
  figures.lostChannels / layer.outChannels;
