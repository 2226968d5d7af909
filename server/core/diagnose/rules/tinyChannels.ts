import type { LayerReport } from '../../reports/weightReport.ts';
import { isSilent } from '../../reports/weightStatistics.ts';
import { countText, nounText, rangeText } from '../../reports/words.ts';
import type { DeadRead, DiagnoseInput, Rule } from '../finding.ts';
import { perChannelRemedy, soundReports, stepRemedy } from '../remedies.ts';

/** From this share of lost channels on, a layer is a different one after quantization. */
const hurtingShare = 0.1;

/** Channels so small beside the widest that all their weights round to 0. */
export const tinyChannels: Rule = {
  code: 'tiny-channels',
  find(input) {
    if (input.target.granularity === 'channel') return undefined;
    const share = ({ report, count }: Loser): number => count / report.layer.outChannels;
    const losers = losersIn(input).sort((a, b) => share(b) - share(a));
    const [first] = losers;
    if (!first) return undefined;
    const losing = losers.map(({ report }) => report);
    const lost = losers.reduce((sum, { count }) => sum + count, 0);
    const isHurt = share(first) > hurtingShare;
    const { report: worst, count: lostChannels } = first;
    const half = rangeText(worst.figures.range.halfStep);
    return {
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

interface Loser {
  readonly report: LayerReport;
  readonly count: number;
}

/** What is known of dead channels, and the layers that they are in. */
type Channels = Pick<DiagnoseInput, 'reports'> & {
  readonly dead: readonly Pick<DeadRead, 'layer' | 'from' | 'channels'>[];
};

/** The layers with channels that round to 0 and are not 0 anyway, and how many. */
export function losersIn(input: Channels): Loser[] {
  const dead = deadOutputs(input);
  return soundReports(input.reports)
    .map((report) => ({ report, count: report.figures.lostChannels - lostAndDead(report, dead) }))
    .filter(({ count }) => count > 0);
}

/** By layer: output channels that are always 0, as far as the layers that read them say so. */
function deadOutputs({ dead, reports }: Channels): Map<string, Set<number>> {
  const layers = new Map(reports.map(({ layer }) => [layer.node.id, layer]));
  const widths = new Map(reports.map(({ layer }) => [layer.name, layer.outChannels]));
  const found = new Map<string, Set<number>>();
  for (const read of dead) {
    // behind a Flatten the reader counts its channels otherwise
    if (layers.get(read.layer)?.inChannels !== widths.get(read.from)) continue;
    const channels = found.get(read.from) ?? new Set<number>();
    for (const channel of read.channels) channels.add(channel);
    found.set(read.from, channels);
  }
  return found;
}

/** Lost channels that are always 0 anyway: nothing is lost by them. */
function lostAndDead(
  { layer, ranges, figures }: LayerReport,
  dead: ReadonlyMap<string, ReadonlySet<number>>,
): number {
  let count = 0;
  for (const channel of dead.get(layer.name) ?? []) {
    const top = ranges.channelAbsMax[channel] ?? 0;
    if (!isSilent(top, ranges.absMax) && top <= figures.range.halfStep) count++;
  }
  return count;
}
