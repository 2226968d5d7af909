import type { LayerReport } from '../core/reports/weightReport.ts';
import type { Insight } from '../session/analyst.ts';

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

/** What is judged: the layers as shown, and as they were opened, both on the same footing. */
export interface Judged {
  readonly now: readonly LayerReport[];
  readonly opened: readonly LayerReport[];
  /** True: both with batch norms folded, and that is not how they stand. */
  readonly isFolded: boolean;
}

/** The layers as every target rounds them: folded, where that is known, else as they are. */
export function judged({
  now,
  before,
  folded,
}: Pick<Insight, 'now' | 'before' | 'folded'>): Judged {
  if (folded.now.size > 0) {
    return {
      now: [...folded.now.values()],
      opened: [...folded.opened.values()],
      isFolded: folded.isNeeded,
    };
  }
  const opened = [...now].map(([id, report]) => before.get(id) ?? report);
  return { now: [...now.values()], opened, isFolded: false };
}

/**
 * Layer by layer what `judged` says: what is drawn of a layer is what the target will round. As
 * opened only where the weights are others by now.
 */
export function judgedByLayer(
  insight: Pick<Insight, 'layers' | 'now' | 'before' | 'folded'>,
): Pick<Insight, 'layers' | 'now' | 'before'> {
  const { layers, now, before, folded } = insight;
  if (folded.now.size === 0) return { layers, now, before };
  const was = [...folded.opened].filter(([id, report]) => {
    const is = folded.now.get(id);
    return is !== undefined && !hasSameWeights(is, report);
  });
  return { layers, now: new Map([...now, ...folded.now]), before: new Map(was) };
}

/** Folding twice makes two tensors of the same values: they are told by their figures. */
const hasSameWeights = (a: LayerReport, b: LayerReport): boolean =>
  a.layer.weight === b.layer.weight || JSON.stringify(a.figures) === JSON.stringify(b.figures);
