import { countText, nounText, rangeText } from '../../reports/words.ts';
import type { DeadRead, DiagnoseInput, Rule } from '../finding.ts';
import { soundReports, stepRemedy } from '../remedies.ts';

/** A scale that shrinks to this share once the dead weights are gone loses a bit of resolution. */
const halved = 0.5;

/** Channels that are always 0 and whose weights still set the scale of who reads them. */
export const deadChannels: Rule = {
  code: 'dead-channels',
  find(input) {
    const { dead, target } = input;
    if (dead.length === 0) return undefined;
    const isShared = target.granularity === 'tensor';
    const share = (read: DeadRead): number => read.liveMax / Math.max(read.deadMax, read.liveMax);
    const holds = (read: DeadRead): boolean =>
      isShared ? read.liveMax > 0 && read.deadMax > read.liveMax : read.heldChannels > 0;
    const holding = dead.filter(holds).sort((a, b) => share(a) - share(b));
    const [worst] = holding;
    if (!worst) return withoutHarm(dead);
    const channels = countOf(holding);
    const isHurt = isShared && share(worst) < halved;
    const ids = new Set(holding.map(({ layer }) => layer));
    const concerned = soundReports(input.reports).filter(({ layer }) => ids.has(layer.node.id));
    return {
      mark: isHurt ? 'hurts' : 'watch',
      title: `${nounText(channels, 'dead channel still holds', 'dead channels still hold')} the scale of ${nounText(ids.size, 'layer')}`,
      text: causeOf(worst, isShared, input),
      layers: [...ids],
      remedies: [stepRemedy(input, 'equalize', 'Clear, then equalize', concerned)],
    };
  },
};

function withoutHarm(dead: readonly DeadRead[]): ReturnType<Rule['find']> {
  const channels = countOf(dead);
  return {
    mark: 'fine',
    title:
      channels === 1
        ? '1 dead channel, which holds no scale'
        : `${countText(channels)} dead channels, none of which holds a scale`,
    text: `${channels === 1 ? 'It is' : 'They are'} always 0, whatever the input. The weights that read ${channels === 1 ? 'it' : 'them'} widen no grid that others need, so nothing is lost by them.`,
    layers: [...new Set(dead.map(({ layer }) => layer))],
    remedies: [],
  };
}

function causeOf(read: DeadRead, isShared: boolean, { reports }: DiagnoseInput): string {
  const name = reports.find(({ layer }) => layer.node.id === read.layer)?.layer.name ?? '';
  const count = read.channels.length;
  const made = `${nounText(count, 'channel')} of ${read.from} ${count === 1 ? 'is' : 'are'} always 0.`;
  const them = count === 1 ? 'it' : 'them';
  const kept = `${name} keeps weights up to ${rangeText(read.deadMax)} on ${them}`;
  if (!isShared) {
    return `${made} ${kept}, which set the scale of ${countText(read.heldChannels)} of its channels and never change the output.`;
  }
  return `${made} ${kept} and up to ${rangeText(read.liveMax)} elsewhere, and one scale serves all.`;
}

/** A channel that several layers read counts for each of them: each keeps weights for it. */
const countOf = (reads: readonly DeadRead[]): number =>
  reads.reduce((sum, { channels }) => sum + channels.length, 0);
