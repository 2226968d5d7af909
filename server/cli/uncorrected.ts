import { isByName, servedAmong } from '../correctedOn.ts';
import { correctionKey, gridDifference, parseCorrection } from '../correctionNote.ts';
import type { Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import { restoreBiases } from '../core/passes/restoreBiases.ts';
import { targetProfiles } from '../core/quant/targets.ts';
import type { ModelDocument } from '../formats/format.ts';
import type { Standing } from '../quantize/standing.ts';
import type { PlaceSamples } from './samples.ts';
import { counted, grouped } from './text.ts';
import type { Workplace } from './workplace.ts';

/** A file that may have been corrected before: as it stands, and with the biases from before. */
export interface Uncorrected {
  readonly graph: Graph;
  /** The file as it stands, where it was corrected before. */
  readonly standing?: Standing;
}

/**
 * The graph that corrections start from: with the biases from before, where the file was corrected
 * already, so that a correction for one grid does not begin from that of another.
 */
export async function uncorrectedGraph(
  place: Workplace,
  document: ModelDocument,
): Promise<Uncorrected> {
  const standing = place.graphToCorrect(document);
  const earlier = parseCorrection(document.info.metadata.get(correctionKey));
  if (!earlier) return { graph: standing };
  const isForGrid = gridDifference(earlier.target, place.settings.target()) === undefined;
  const { graph } = await restoreBiases.run(standing, { former: earlier.former }, place.job);
  return { graph, standing: { graph: standing, isForGrid } };
}

/** Whether a correction made the biases that the file had already, to the bit. */
export function isDoneAlready({ standing }: Uncorrected, made: Graph): boolean {
  if (!standing?.isForGrid) return false;
  const [were, are] = [standing.graph, made].map((graph) => layersOf(graph, wiringOf(graph)));
  return (are ?? []).every(({ bias, name }, at) => {
    const former = were?.[at];
    if (former?.name !== name || !bias || !former.bias) return former?.bias === bias;
    return Buffer.compare(former.bias.data.read(), bias.data.read()) === 0;
  });
}

/** Says that a correction began from the biases of before. */
export function noteCorrectedAnew(place: Workplace): void {
  const message =
    'The file was corrected before: its biases were brought back first, and are corrected anew.';
  place.issues.push({ code: 'corrected-before', severity: 'info', message });
}

/** Warns where the biases of a file are made for another grid than the one it is judged on. */
export function warnOfOtherGrid(
  place: Workplace,
  document: ModelDocument,
  name = 'this file',
): void {
  const note = parseCorrection(document.info.metadata.get(correctionKey));
  const difference = note && gridDifference(note.target, place.settings.target());
  if (!note || difference === undefined) return;
  const known = targetProfiles.find(({ profile }) => profile === note.target.profile);
  const own = known ? `, or give --target ${known.profile}, which they are made for` : '';
  const message = `The biases of ${name} are corrected for another grid (${difference}), and may be wrong on this one: correct the file again for it${own}.`;
  place.issues.push({ code: 'other-grid', severity: 'warning', message });
}

/** Says of a corrected file that is its own reference what it is compared with. */
export function hintAtReference(place: Workplace, document: ModelDocument): void {
  if (!parseCorrection(document.info.metadata.get(correctionKey))) return;
  const message =
    'The truth here is the float network of this file itself, whose biases are corrected, and not the original, which a repair is judged by. For the same truth, give --reference with the file as it was before.';
  place.issues.push({ code: 'corrected-reference', severity: 'info', message });
}

/** Says of a corrected file how many of the samples that judge it made its correction, by its record. */
export function hintAtSamples(
  place: Workplace,
  document: ModelDocument,
  { samples, indices }: PlaceSamples,
  name = 'this file',
): void {
  const on = parseCorrection(document.info.metadata.get(correctionKey))?.on;
  const { length } = indices.judge;
  const served = on && servedAmong(on, samples, indices.judge);
  if (!on || served === 0) return;
  const of = isByName(on, samples) ? ' of samples of the same name and number' : '';
  const are =
    served === undefined
      ? `Samples of ${on.source} corrected the biases of ${name}, by its own record${of}, which does not say which ones: those that judge here may be among them`
      : `${counted(served, 'sample')} of the ${grouped(length)} that ${length === 1 ? 'judges' : 'judge'} here corrected the biases of ${name}, by its own record${of}`;
  const message = `${are}, and flatter it. Name the same ones in both: --correction A..B where it is corrected, and --judge C..D, apart from them, here too.`;
  place.issues.push({ code: 'judged-by-correction', severity: 'info', message });
}
