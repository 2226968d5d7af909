import { correctionKey, gridDifference, parseCorrection } from '../correctionNote.ts';
import type { Graph } from '../core/graph/graph.ts';
import { restoreBiases } from '../core/passes/restoreBiases.ts';
import type { ModelDocument } from '../formats/format.ts';
import type { Workplace } from './workplace.ts';

/**
 * The graph that corrections start from: with the biases from before, where the file was corrected
 * already, so that a correction for one grid does not begin from that of another.
 */
export async function uncorrectedGraph(place: Workplace, document: ModelDocument): Promise<Graph> {
  const graph = place.graphToCorrect(document);
  const earlier = parseCorrection(document.info.metadata.get(correctionKey));
  if (!earlier) return graph;
  const message =
    'The file was corrected before: its biases were brought back first, and are corrected anew.';
  place.issues.push({ code: 'corrected-before', severity: 'info', message });
  return (await restoreBiases.run(graph, { former: earlier.former }, place.job)).graph;
}

/** Warns where the biases of a file are made for another grid than the one it is judged on. */
export function warnOfOtherGrid(place: Workplace, document: ModelDocument): void {
  const note = parseCorrection(document.info.metadata.get(correctionKey));
  const difference = note && gridDifference(note.target, place.settings.target());
  if (difference === undefined) return;
  const message = `The biases of this file are corrected for another grid (${difference}), and may be wrong on this one: correct the file again for it.`;
  place.issues.push({ code: 'other-grid', severity: 'warning', message });
}

/** Says of a corrected file that is its own reference what it is compared with. */
export function hintAtReference(place: Workplace, document: ModelDocument): void {
  if (!parseCorrection(document.info.metadata.get(correctionKey))) return;
  const message =
    'The biases of this file are corrected, so its own float outputs are not those of the original model. To compare with that, give --reference with the file as it was before.';
  place.issues.push({ code: 'corrected-reference', severity: 'info', message });
}
