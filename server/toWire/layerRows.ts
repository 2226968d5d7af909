import { gapLimitsDb, gapOf, markOf } from '../core/diagnose/marks.ts';
import type { NodeId } from '../core/graph/graph.ts';
import type { Layer } from '../core/graph/layer.ts';
import type { GridFigures } from '../core/reports/gridFigures.ts';
import { operatorLabel, type LayerReport } from '../core/reports/weightReport.ts';
import { elementCount } from '../core/graph/tensor.ts';
import type { LayerFigures, LayerRow } from '../protocol/model.ts';
import type { TargetSettings } from '../protocol/target.ts';
import { toWire } from '../protocol/wire.ts';
import type { Insight } from '../session/analyst.ts';
import { shapeInFile } from '../shapeInFile.ts';

/** The rows of the layers table, in model order. */
export function layerRowsOf(
  { layers, now, before }: Pick<Insight, 'layers' | 'now' | 'before'>,
  target: TargetSettings,
  findings: ReadonlyMap<NodeId, readonly string[]>,
  format = 'onnx',
): LayerRow[] {
  return layers.map((layer) => {
    const { id } = layer.node;
    const own = target.exceptions?.find((one) => one.layer === layer.name)?.weightBits;
    return {
      ...(own === undefined ? {} : { ownBits: own }),
      ...rowOf(layer, now.get(id), before.get(id), target, findings.get(id) ?? []),
      shape: shapeInFile(layer, format).join('×'),
    };
  });
}

function rowOf(
  layer: Layer,
  now: LayerReport | undefined,
  before: LayerReport | undefined,
  target: TargetSettings,
  findings: readonly string[],
): Omit<LayerRow, 'shape'> {
  const fault = now?.fault;
  return {
    id: layer.node.id,
    name: layer.name,
    operator: now?.operator ?? operatorLabel(layer.node, layer),
    channels: layer.outChannels,
    parameters: elementCount(layer.weight.dims),
    mark: now ? markOf(now, target) : 'fine',
    now: now ? figuresOf(now.figures) : noFigures,
    ...(before?.isMeasured ? { before: figuresOf(before.figures) } : {}),
    findings,
    isMeasured: now?.isMeasured ?? false,
    ...(fault === undefined ? {} : { fault }),
  };
}

/** True for a layer that loses more by sharing one scale than panels.md 4 lets pass. */
export const losesBySharing = (
  report: LayerReport,
  limit: keyof typeof gapLimitsDb = 'hurts',
): boolean =>
  report.isMeasured && report.fault === undefined && gapOf(report.figures) > gapLimitsDb[limit];

/** Figures as they cross. */
export function figuresOf(figures: GridFigures): LayerFigures {
  const { min, q1, median, q3, max, halfStep } = figures.range;
  return {
    range: { min, q1, median, q3, max, halfStep },
    spread: toWire(figures.spread),
    sqnrTensor: toWire(figures.sqnrTensor),
    sqnrChannel: toWire(figures.sqnrChannel),
    sqnrChosen: toWire(figures.sqnrChosen),
    ...(figures.estimated === undefined ? {} : { estimated: toWire(figures.estimated) }),
    lostChannels: figures.lostChannels,
  };
}

/** A row of a quantized model: rounding its weights once more would say nothing about it. */
export function unjudged(row: LayerRow): LayerRow {
  const none = {
    sqnrTensor: 'nan',
    sqnrChannel: 'nan',
    sqnrChosen: 'nan',
    lostChannels: 0,
  } as const;
  const mark = row.fault === undefined ? 'fine' : row.mark;
  return { ...row, mark, now: { ...row.now, ...none } };
}

const noFigures: LayerFigures = {
  range: { min: 0, q1: 0, median: 0, q3: 0, max: 0, halfStep: 0 },
  spread: 0,
  sqnrTensor: 0,
  sqnrChannel: 0,
  sqnrChosen: 0,
  lostChannels: 0,
};
