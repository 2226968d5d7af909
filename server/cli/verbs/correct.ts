import { notedChanges, changeNotes, noteChange } from '../../changeNotes.ts';
import { correctedOn } from '../../correctedOn.ts';
import { correctionKey, formatCorrection, noteCorrection } from '../../correctionNote.ts';
import { layersOf } from '../../core/graph/layer.ts';
import { wiringOf } from '../../core/graph/wiring.ts';
import type { EncodingSet } from '../../core/quant/tensorEncoding.ts';
import { calibrate, planOf, weightEncodings } from '../../quantize/calibrate.ts';
import { correct as correctModel, type LayerCorrection } from '../../quantize/correct.ts';
import { targetLabel } from '../../core/quant/targets.ts';
import { movedBy, recordFor } from '../../session/runCorrect.ts';
import { dataLabel } from '../../session/sessionData.ts';
import type { Proof } from '../../steps.ts';
import type { Answer } from '../envelope.ts';
import { reportOf } from '../reporting.ts';
import { CommandFault } from '../fault.ts';
import { openFloatModel, openQuantizing, reportFailures, type Quantizing } from '../quantizing.ts';
import { hasData } from '../samples.ts';
import { readInputMeans } from '../inputMeans.ts';
import { samplesText } from '../samplesText.ts';
import { counted, decibels, percent, significant, table } from '../text.ts';
import type { Workplace } from '../workplace.ts';
import { removeCorrection } from './removeCorrection.ts';
import { isDoneAlready, noteCorrectedAnew, uncorrectedGraph } from '../uncorrected.ts';
import { skipFields } from './skips.ts';
import { savedText } from './steps.ts';
import { wantedLayers } from './wantedLayers.ts';

const methods = ['empirical', 'mixed', 'analytical', 'given', 'none'] as const;

/** `rangefinder correct`: bias correction for the target's grid, or its removal. */
export async function correct(place: Workplace): Promise<Answer> {
  const { settings } = place;
  place.outputPath();
  if (settings.has('remove')) return removeCorrection(place);
  const method = settings.choice('method', methods, 'empirical');
  const quantizesValues = settings.has('quantize-activations');
  const purposes = quantizesValues
    ? (['calibration', 'correction'] as const)
    : (['correction'] as const);
  const needsData = method === 'empirical' || method === 'mixed' || quantizesValues;
  const document = await openFloatModel(place);
  const isOnData = hasData(place, document);
  if (needsData && !isOnData) throw noData(method);
  const uncorrected = await uncorrectedGraph(place, document);
  const { graph: start, standing } = uncorrected;
  const layers = layersOf(start, wiringOf(start));
  const wanted = wantedLayers(place, layers, { graph: start, hasEnds: true });
  const inputMeans =
    method === 'given' ? await readInputMeans(settings.text('input-mean'), layers) : undefined;
  const opened = await openQuantizing(place, purposes, isOnData ? undefined : 'synthetic');
  const quantizing = { ...opened, context: { ...opened.context, graph: start } };
  const { context } = quantizing;
  const encodings = await encodingsOf(place, quantizing, quantizesValues);
  // Without samples of the user's the network is run once, for its sizes alone.
  const on = isOnData ? quantizing.on('correction') : undefined;
  const correction = await correctModel(
    context,
    {
      method,
      layers: wanted,
      encodings,
      on,
      ...(inputMeans ? { inputMeans } : {}),
    },
    place.job,
  );
  reportFailures(place, correction.failures);
  const isOnSamples = method === 'empirical' || method === 'mixed';
  warnOfFew(place, correction.count, isOnSamples);
  warnOfMeans(place, correction.layers);
  const { result } = correction;
  const isDone = isDoneAlready(uncorrected, result.graph);
  if (standing && !isDone) noteCorrectedAnew(place);
  const target = settings.target();
  const names = result.applied.map(({ layer }) => layer);
  const { samples, indices } = quantizing.data;
  const used = isOnSamples ? correctedOn(samples, indices.correction) : undefined;
  const note = noteCorrection(start, names, target, undefined, used);
  const label = `Correct biases of ${counted(names.length, 'layer')}`;
  const moved =
    names.length > 0 && on
      ? await movedBy(context, result.graph, on, target, place.job)
      : undefined;
  const others = notedChanges(document).filter(({ step }) => step !== 'correct');
  const proofs = moved ? [{ step: 'correct', proof: moved }] : [];
  const entry = noteChange('correct', label, { method, target }, proofs, {
    target: targetLabel(target),
    ...(on ? { samples: dataLabel({ ...quantizing.data, isShared: false }) } : {}),
  });
  const notes = new Map(changeNotes(document, names.length > 0 ? [...others, entry] : others));
  if (document.info.metadata.has(correctionKey)) notes.set(correctionKey, '');
  if (names.length > 0) notes.set(correctionKey, formatCorrection(note));
  // Error over signal, as an SQNR says it.
  const movedTo = moved && floatWords(-20 * Math.log10(moved.maxRel));
  const page = await reportOf(place, () => ({
    graph: result.graph,
    changes: names.length > 0 ? [{ label, note: method }] : [],
    verdict: `${label} for ${targetLabel(target)}.${movedTo === undefined ? '' : ` ${movedTo} The file is made for this grid.`}`,
    records: [recordFor(start, correction, moved)],
    ...(names.length > 0 ? { correction: note } : {}),
    data: quantizing.data,
  }));
  const saved =
    standing && isDone
      ? await place.save(standing.graph, new Map())
      : await place.save(result.graph, notes);
  return {
    fields: {
      layers: correction.layers.map(layerFields),
      skipped: correction.skipped.map(skipFields),
      proof: moved ? movedProof(moved) : null,
      samples: correction.count,
      indices: quantizing.data.indices,
      grid: target,
      output: saved,
    },
    text: [
      settings.targetText(),
      on ? samplesText(quantizing.data) : 'No samples.',
      isDone
        ? 'Corrected already for this grid: the biases come out as the file has them.'
        : `${counted(names.length, 'layer')} corrected.`,
      ...(names.length === 0 || isDone ? [] : layerTable(correction.layers)),
      ...correction.skipped.map(({ place: name, reason }) => `Left alone: ${name}: ${reason}`),
      ...(movedTo === undefined
        ? []
        : [`Made for this grid. ${movedTo} correct --remove brings the old biases back.`]),
      savedText(saved, names.length > 0 && !isDone),
    ],
    report: page,
  };
}

/** `The float outputs moved: SQNR 52.8 dB to those of the original.` */
const floatWords = (db: number): string =>
  Number.isFinite(db)
    ? `The float outputs moved: SQNR ${decibels(db)} to those of the original.`
    : 'The float outputs are the same to the last bit.';

const movedProof = ({ exercised, samples, source, maxAbs, maxRel, exact }: Proof): object => ({
  exercised,
  samples,
  source,
  maxAbs,
  maxRel,
  exact,
});

async function encodingsOf(
  place: Workplace,
  { context, on }: Quantizing,
  quantizesValues: boolean,
): Promise<EncodingSet> {
  if (!quantizesValues) return weightEncodings(context, planOf(context), place.job);
  const calibration = await calibrate(context, on('calibration'), place.job);
  reportFailures(place, calibration.failures);
  return new Map([...calibration.encodings].filter(([, { kind }]) => kind !== 'bias'));
}

/** Below a hundred samples the means are uncertain; the standard error says how much. */
function warnOfFew(place: Workplace, count: number, isMeasured: boolean): void {
  if (!isMeasured || count >= 100) return;
  const message = `${counted(count, 'sample')} give means that are uncertain by about ${significant(1 / Math.sqrt(count))} of the deviation from sample to sample; 500 to 1000 are usual.`;
  place.issues.push({ code: 'few-samples', severity: 'warning', message });
}

/** Layers whose analytical input mean is not what the samples show (algorithms: section 14). */
function warnOfMeans(place: Workplace, layers: readonly LayerCorrection[]): void {
  for (const { name, analyticalOff = 0 } of layers) {
    if (analyticalOff <= 0.1) continue;
    const message = `"${name}": the mean that the batch norms tell of its input is ${percent(analyticalOff)} off what the samples show; --method empirical goes by the samples.`;
    place.issues.push({ code: 'analytical-off', severity: 'warning', message, where: name });
  }
}

const noData = (method: string): CommandFault =>
  new CommandFault(
    2,
    'no-data',
    `correct --method ${method} needs --data`,
    undefined,
    'give samples, --data synthetic, or --method analytical, which needs none',
  );

const layerFields = (layer: LayerCorrection): object => ({
  name: layer.name,
  method: layer.method,
  errorBefore: layer.errorBefore,
  errorAfter: layer.errorAfter,
  biasAdded: layer.biasAdded,
  channels: layer.channels,
  deviation: layer.deviation,
  ...(layer.analyticalOff === undefined ? {} : { analyticalOff: layer.analyticalOff }),
});

const layerTable = (layers: readonly LayerCorrection[]): string[] =>
  table([
    ['Mean error of a channel', 'before', 'after', ''],
    ...layers.map(({ name, errorBefore, errorAfter, method, biasAdded }) => [
      name,
      significant(errorBefore),
      errorAfter === undefined ? '–' : significant(errorAfter),
      `${method}${errorAfter === undefined ? ', expected' : ''}${biasAdded ? ', bias added' : ''}`,
    ]),
  ]);
