import type { Graph } from '../core/graph/graph.ts';
import { foldStructure } from '../core/passes/foldBatchNorm.ts';
import type { FoldChoice } from '../protocol/requests.ts';

/**
 * Every batch norm beside one of these layers with the direction it could be folded in, in model
 * order, backward ones first; those that cannot be folded so say why. Weights are not read.
 */
export function foldChoices(graph: Graph, layers: ReadonlySet<string>): FoldChoice[] {
  return (['backward', 'forward'] as const).flatMap((direction) => {
    const seen = new Map<string, Pick<FoldChoice, 'layer' | 'batchNorm'>>();
    const { applied, skipped } = foldStructure(graph, (layer, batchNorm, way) => {
      if (way !== direction) return false;
      if (layers.has(layer)) seen.set(JSON.stringify([layer, batchNorm]), { layer, batchNorm });
      return true;
    });
    return [...seen.values()].map((pair): FoldChoice => {
      const isDone = applied.some(
        (one) => one.layer === pair.layer && one.batchNorm === pair.batchNorm,
      );
      if (isDone) return { ...pair, direction };
      const why = skipped.find(({ place }) => place === pair.batchNorm)?.reason;
      return { ...pair, direction, whyNot: why ?? 'It cannot be folded this way.' };
    });
  });
}
