import { nounText } from '../../reports/words.ts';
import type { Rule } from '../finding.ts';

/** A model without a single layer: there is nothing to measure. */
export const noLayers: Rule = {
  code: 'no-layers',
  find({ graph, reports }) {
    if (reports.length > 0) return undefined;
    return {
      mark: 'watch',
      title: 'The model has no layer to quantize',
      text: `It has ${nounText(graph.nodes.length, 'node')}, and none is a Conv, ConvTranspose, Gemm or MatMul with a constant float weight. Weights that are inputs of the graph, or computed when it runs, cannot be measured here.`,
      layers: [],
      remedies: [],
    };
  },
};
