import type { LayerRow, ModelState } from '../../../server/protocol/model.ts';
import type { DepthLine } from '../../kit/charts/depthLines.ts';
import { dbOf } from './dataModel.ts';

/** A layer in the comparison of as opened with now; SQNR so far in dB, NaN where not measured. */
export interface ComparedLayer {
  readonly row: LayerRow;
  readonly opened: number;
  readonly now: number;
  readonly gain: number;
  readonly weights: number;
  readonly activations: number;
  /** What rounds it most now. */
  readonly holds: string;
}

/** Closer than this the two shares are called equal, in dB. */
const equalDb = 1;

/** Layers with what they lose so far, as opened and now; the largest gain first. */
export function comparedLayers(layers: readonly LayerRow[]): readonly ComparedLayer[] {
  const compared = layers
    .filter(({ data }) => data !== undefined)
    .map((row) => {
      const now = dbOf(row.data?.now.soFar);
      const opened = dbOf((row.data?.before ?? row.data?.now)?.soFar);
      const weights = dbOf(row.data?.now.weights);
      const activations = dbOf(row.data?.now.activations);
      const gain = now === opened ? 0 : now - opened;
      return {
        row,
        opened,
        now,
        gain,
        weights,
        activations,
        holds: holdsBack(weights, activations),
      };
    });
  const key = ({ gain }: ComparedLayer): number => (Number.isNaN(gain) ? -Infinity : gain);
  return compared.sort((a, b) => (key(a) === key(b) ? a.row.id - b.row.id : key(b) - key(a)));
}

/** Which of the two shares is the lower one. */
function holdsBack(weights: number, activations: number): string {
  if (Number.isNaN(weights) || Number.isNaN(activations)) return '';
  if (weights === activations || Math.abs(weights - activations) < equalDb) return 'both';
  return weights < activations ? 'weights' : 'activations';
}

/** The lines of the chart: so far, as opened and now, in the order of the network. */
export function depthLinesOf({ layers, changes, preview }: ModelState): readonly DepthLine[] {
  const measured = layers.filter(({ data }) => data !== undefined);
  const now = measured.map(({ data }) => dbOf(data?.now.soFar));
  const isChanged = measured.some(({ data }) => data?.before !== undefined);
  const name = preview ? 'would be' : changes.length > 0 || isChanged ? 'now' : 'as opened';
  if (!isChanged) return [{ name, look: 'now', values: now }];
  const before = measured.map(({ data }) => dbOf((data?.before ?? data?.now)?.soFar));
  return [
    { name: 'as opened', look: 'before', values: before },
    { name, look: 'now', values: now },
  ];
}
