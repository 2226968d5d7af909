import { nounText } from '../../reports/words.ts';
import type { Rule } from '../finding.ts';

/** Weights that are NaN or infinite: no grid holds them, and every pass leaves them alone. */
export const notFinite: Rule = {
  code: 'not-finite',
  blocks: true,
  find({ reports }) {
    const faulty = reports.filter(({ fault }) => fault !== undefined);
    const [worst] = faulty;
    if (!worst?.fault) return undefined;
    return {
      mark: 'hurts',
      title: `${nounText(faulty.length, 'layer has', 'layers have')} weights that are not finite`,
      text: `${worst.layer.name}: ${worst.fault}. Such a layer cannot be quantized, and the corrections leave it alone.`,
      layers: faulty.map(({ layer }) => layer.node.id),
      remedies: [],
    };
  },
};
