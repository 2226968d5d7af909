import { countText, nounText } from '../../reports/words.ts';
import type { Rule } from '../finding.ts';

/** Upper bounds between layers that are scaled together. */
export const relu6InSet: Rule = {
  code: 'relu6-in-set',
  find({ sets, target }) {
    const capped = sets.filter(({ caps }) => caps > 0);
    if (capped.length === 0) return undefined;
    const caps = capped.reduce((sum, set) => sum + set.caps, 0);
    const isAll = capped.length === sets.length;
    const where = isAll
      ? sets.length === 1
        ? 'the only set'
        : `all ${countText(sets.length)} sets`
      : `${countText(capped.length)} of ${nounText(sets.length, 'set')}`;
    const cost = target.fusesChannelCaps
      ? 'The target merges such bounds into the layers before them.'
      : `The exact bounds take up to ${nounText(caps, 'Min node')}, which this target does not merge into the layers before them.`;
    return {
      mark: 'fine',
      title: `ReLU6 lies in ${where} and is kept`,
      text: `Equalizing turns its bound into one value a channel, which is exact; ReLU instead would change the float network. ${cost}`,
      layers: [...new Set(capped.flatMap(({ layers }) => layers))],
      remedies: [],
    };
  },
};
