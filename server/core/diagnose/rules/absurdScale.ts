import { leastScale } from '../../quant/grid.ts';
import { tensorGrid } from '../../reports/gridFigures.ts';
import { nounText, rangeText } from '../../reports/words.ts';
import type { Rule } from '../finding.ts';
import { soundReports } from '../remedies.ts';

/** Weights above this are not those of a trained network: a folded batch norm without variance. */
const hugeWeight = 1e4;

/** Weights too small or too large for any sensible scale. */
export const absurdScale: Rule = {
  code: 'absurd-scale',
  find({ reports, target }) {
    const odd = soundReports(reports)
      .filter(({ ranges }) => {
        const isTiny = ranges.absMax > 0 && tensorGrid(ranges, target).scale <= leastScale;
        return isTiny || ranges.absMax > hugeWeight;
      })
      .sort((a, b) => b.ranges.absMax - a.ranges.absMax);
    const [worst] = odd;
    if (!worst) return undefined;
    const isHuge = worst.ranges.absMax > hugeWeight;
    const top = rangeText(worst.ranges.absMax);
    return {
      mark: 'watch',
      title: `${nounText(odd.length, 'layer needs', 'layers need')} a scale that runtimes may not take`,
      text: isHuge
        ? `Worst: ${worst.layer.name}, with weights up to ${top}. Such weights come from a batch norm whose variance is almost 0, and int32 accumulators overflow with them.`
        : `Worst: ${worst.layer.name}, whose largest weight is ${top}. No scale is smaller than 1.2e−7, so its weights get few levels or none.`,
      layers: odd.map(({ layer }) => layer.node.id),
      remedies: [],
    };
  },
};
