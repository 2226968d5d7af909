import { isPartlyQuantized, isQuantizing } from '../../quant/quantizedModel.ts';
import { countText, nounText } from '../../reports/words.ts';
import type { Rule } from '../finding.ts';

/** A QDQ or QOperator model: to be looked at, not to be repaired. */
export const alreadyQuantized: Rule = {
  code: 'already-quantized',
  find({ graph }) {
    const count = graph.nodes.filter(isQuantizing).length;
    if (count === 0) return undefined;
    const isPart = isPartlyQuantized(graph);
    const what = `${countText(count)} of its ${nounText(graph.nodes.length, 'node')} quantize, dequantize or compute with integers; their encodings are listed as they stand.`;
    return {
      mark: 'watch',
      title: isPart ? 'Part of the model is already quantized' : 'The model is already quantized',
      text: isPart
        ? `${what} Corrections reach only the layers that still have float weights; for all of them, open the float model that it was made from.`
        : `${what} Corrections belong before quantization: open the float model that it was made from.`,
      layers: [],
      remedies: [],
    };
  },
};
