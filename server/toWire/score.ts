import type { NodeId } from '../core/graph/graph.ts';
import type { LayerReport } from '../core/reports/weightReport.ts';

/** How well the weights of all layers fit the grid: the worst one and the middle one, in dB. */
export interface Score {
  readonly lowestDb: number;
  readonly medianDb: number;
  readonly lowestLayer: string;
}

/** The score of these reports; undefined where none is measured. Faulty layers do not count. */
export function scoreOf(reports: Iterable<LayerReport>): Score | undefined {
  const measured = [...reports].filter((r) => r.isMeasured && r.fault === undefined);
  const sorted = measured.sort((a, b) => a.figures.sqnrChosen - b.figures.sqnrChosen);
  const [lowest] = sorted;
  if (!lowest) return undefined;
  const middle = sorted[Math.floor(sorted.length / 2)] ?? lowest;
  return {
    lowestDb: lowest.figures.sqnrChosen,
    medianDb: middle.figures.sqnrChosen,
    lowestLayer: lowest.layer.name,
  };
}

/** The score as opened: of the layers as they were, and of those that are as they were. */
export function openedScoreOf(
  now: ReadonlyMap<NodeId, LayerReport>,
  before: ReadonlyMap<NodeId, LayerReport>,
): Score | undefined {
  return scoreOf([...now].map(([id, report]) => before.get(id) ?? report));
}
