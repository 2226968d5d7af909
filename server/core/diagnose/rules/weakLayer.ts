import { decibelText, nounText } from '../../reports/words.ts';
import type { LayerReport } from '../../reports/weightReport.ts';
import type { DiagnoseInput, Finding, Rule } from '../finding.ts';
import { gapLimitsDb, gapOf, keptLimitDb } from '../marks.ts';
import { moreBitsRemedy, perChannelRemedy, soundReports, stepRemedy } from '../remedies.ts';

/**
 * Layers that keep too little: as far as that can be estimated of their outputs, else by their
 * weights, where the grid is too coarse for them for another reason than uneven channels.
 */
export const weakLayer: Rule = {
  code: 'weak-layer',
  find: (input) => byEstimate(input) ?? byWeights(input),
};

type Found = Omit<Finding, 'code' | 'severity'> | undefined;

function byEstimate(input: DiagnoseInput): Found {
  const kept = ({ figures }: LayerReport): number => figures.estimated ?? NaN;
  const weak = soundReports(input.reports)
    .filter((report) => kept(report) < keptLimitDb)
    .sort((a, b) => kept(a) - kept(b));
  const [worst] = weak;
  if (!worst) return undefined;
  const { sqnrChosen } = worst.figures;
  const own = decibelText(kept(worst));
  const cause =
    sqnrChosen < keptLimitDb
      ? `, and its weights ${decibelText(sqnrChosen)} dB`
      : `. Its weights keep ${decibelText(sqnrChosen)} dB, but that counts its wide channels most; the layers that read it count all of them`;
  const ids = new Set(weak.map(({ layer }) => layer.node.id));
  const isInSet = input.sets.some(({ layers }) => layers.some((id) => ids.has(id)));
  return {
    mark: 'hurts',
    title: `${nounText(weak.length, 'layer')} alone would leave less than about ${keptLimitDb} dB at ${input.target.weightBits} bits`,
    text: `Worst: ${worst.layer.name}, whose output keeps about ${own} dB with only its weights rounded${cause}. Estimated from the weights and the batch norms; samples measure it.`,
    layers: [...ids],
    remedies: [
      ...(isInSet
        ? [{ ...stepRemedy(input, 'equalize', 'Equalize', weak, kept), of: 'estimate' as const }]
        : []),
      ...perChannelRemedy(input, weak).map((one) => ({
        ...one,
        toDb: one.fromDb,
        isMeasured: false,
        note: 'no channel shares a scale then',
      })),
    ],
  };
}

function byWeights(input: DiagnoseInput): Found {
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
}
