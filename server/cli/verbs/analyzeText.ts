import { isQuantizedModel } from '../../core/quant/quantizedModel.ts';
import type { LayerReport } from '../../core/reports/weightReport.ts';
import type { Diagnosis } from '../../diagnoseModel.ts';
import type { ModelDocument } from '../../formats/format.ts';
import type { TargetSettings } from '../../protocol/target.ts';
import { shapeInFile } from '../../shapeInFile.ts';
import { shortNames } from '../shortNames.ts';
import { counted, db, significant, table } from '../text.ts';

/**
 * What `analyze` tells people of these layers. What a model that is quantized already would gain or
 * lose on another grid says nothing: left out.
 */
export function analyzeText(
  { findings, counts, folded }: Diagnosis,
  reports: readonly LayerReport[],
  { graph, info }: ModelDocument,
  { granularity }: TargetSettings,
): string[] {
  const isQuantized = isQuantizedModel(graph);
  const short = shortNames(graph);
  const hasFolds = counts.foldable > 0;
  /** As most targets round it. */
  const rounded = (report: LayerReport): LayerReport => folded.get(report.layer.node.id) ?? report;
  const decibels = ({ figures, fault }: LayerReport): string[] =>
    fault === undefined ? [db(figures.sqnrTensor), db(figures.sqnrChannel)] : [fault, ''];
  const isEstimated = reports.some((report) => estimateOf(rounded(report)) !== undefined);
  const keptBy = (report: LayerReport): number =>
    (isEstimated ? estimateOf(report) : undefined) ?? report.figures.sqnrChosen;
  const sorted = [...reports].sort((a, b) => keptBy(rounded(a)) - keptBy(rounded(b)));
  const rows = sorted.map((own) => {
    const report = rounded(own);
    return [
      short.text(own.layer.name),
      own.operator,
      shapeInFile(own.layer, info.format).join('×'),
      report.fault === undefined ? significant(report.figures.range.max) : '–',
      report.fault === undefined ? `${significant(report.figures.spread)}×` : '–',
      ...(isQuantized && report.fault === undefined ? [] : decibels(report)),
      ...(isEstimated ? [db(estimateOf(report) ?? NaN)] : []),
    ];
  });
  const columns = ['Layer', 'Operator', 'Shape', 'max |w|', 'Spread'];
  const scales = ['dB tensor', 'dB channel', ...(isEstimated ? ['dB alone ≈'] : [])];
  const found = findings.map(({ severity, title, text, code }) =>
    short.text(`${severity}: ${title}. ${text} [${code}]`),
  );
  if (isQuantized) {
    return [
      ...found,
      ...short.note,
      ...listed([columns, ...rows]),
      `${counted(reports.length, 'layer')}.`,
    ];
  }
  return [
    `${counted(counts.layers, 'layer')}, ${counted(counts.batchNorms, 'batch norm')} (${counts.foldable} can be folded), ${counted(counts.clsSets, 'set')} to equalize.`,
    ...(hasFolds ? [onFolded] : []),
    ...short.note,
    ...listed([[...columns, ...scales], ...rows]),
    ...(isEstimated ? [ofEstimates, ''] : []),
    ...(findings.length === 0 ? ['Nothing to repair at this target.'] : []),
    ...found,
    `${counted(reports.length, 'layer')}, worst first by dB ${isEstimated ? 'alone, estimated' : granularity}${hasFolds ? ', folded' : ''}.`,
  ];
}

const estimateOf = ({ figures, fault }: LayerReport): number | undefined =>
  fault === undefined ? figures.estimated : undefined;

const ofEstimates =
  'dB alone ≈: what the output of a layer keeps with only its weights rounded, estimated from the weights and the batch norms. Samples measure it.';

/** The table, the order and the findings have one basis. */
const onFolded =
  'All figures are of the folded weights, since every target folds batch norms before it rounds; --json has those of the file as well.';

const listed = (rows: readonly (readonly string[])[]): string[] =>
  rows.length < 2 ? [] : ['', ...table(rows), ''];
