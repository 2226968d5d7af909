import { notedChanges, changeNotes, noteChange } from '../../changeNotes.ts';
import {
  correctionKey,
  formatCorrection,
  noteCorrection,
  parseCorrection,
} from '../../correctionNote.ts';
import { layersOf } from '../../core/graph/layer.ts';
import { wiringOf } from '../../core/graph/wiring.ts';
import { restoreBiases } from '../../core/passes/restoreBiases.ts';
import type { EncodingSet } from '../../core/quant/tensorEncoding.ts';
import { Npz } from '../../data/npz.ts';
import { calibrate, planOf, weightEncodings } from '../../quantize/calibrate.ts';
import { correct as correctModel, type LayerCorrection } from '../../quantize/correct.ts';
import { evaluate } from '../../quantize/evaluate.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import { openQuantizing, reportFailures, type Quantizing } from '../quantizing.ts';
import { counted, decibels, significant, table } from '../text.ts';
import type { Workplace } from '../workplace.ts';
import { skipFields } from './skips.ts';
import { savedText } from './steps.ts';
import { wantedLayers } from './wantedLayers.ts';

const methods = ['empirical', 'mixed', 'analytical', 'given', 'none'] as const;

/** `rangefinder correct`: bias correction for the target's grid, or its removal. */
export async function correct(place: Workplace): Promise<Answer> {
  const { settings } = place;
  place.outputPath();
  if (settings.has('remove')) return remove(place);
  const method = settings.choice('method', methods, 'empirical');
  const quantizesValues = settings.has('quantize-activations');
  const purposes = quantizesValues
    ? (['calibration', 'correction'] as const)
    : (['correction'] as const);
  const needsData = method === 'empirical' || method === 'mixed';
  if (needsData && !settings.has('data')) throw noData(method);
  const quantizing = await openQuantizing(place, purposes);
  const { context } = quantizing;
  const encodings = await encodingsOf(place, quantizing, quantizesValues);
  const layers = layersOf(context.graph, wiringOf(context.graph));
  const inputMeans = method === 'given' ? await readMeans(settings.text('input-mean')) : undefined;
  const on = quantizing.on('correction');
  const correction = await correctModel(
    context,
    {
      method,
      layers: wantedLayers(place, layers),
      encodings,
      on,
      ...(inputMeans ? { inputMeans } : {}),
    },
    place.job,
  );
  reportFailures(place, correction.failures);
  warnOfFew(place, on.indices.length, needsData);
  const { document } = context;
  const { result } = correction;
  const target = settings.target();
  const names = result.applied.map(({ layer }) => layer);
  const earlier = parseCorrection(document.info.metadata.get(correctionKey));
  const note = noteCorrection(context.graph, names, target, earlier);
  const label = `Correct biases of ${counted(names.length, 'layer')}`;
  const options = { method, target };
  const entries = [...notedChanges(document), noteChange('correct', label, options, [])];
  const notes = new Map(changeNotes(document, names.length > 0 ? entries : notedChanges(document)));
  if (names.length > 0) notes.set(correctionKey, formatCorrection(note));
  const { graph: before, engine } = context;
  const moved =
    names.length > 0
      ? await evaluate(
          {
            engine,
            reference: { document, graph: before },
            contenders: [{ document, graph: result.graph }],
            on,
          },
          place.job,
        )
      : undefined;
  const saved = await place.save(result.graph, notes);
  const [float] = moved?.contenders ?? [];
  return {
    fields: {
      layers: correction.layers.map(layerFields),
      skipped: correction.skipped.map(skipFields),
      proof: float
        ? {
            exercised: true,
            samples: moved?.count,
            source: quantizing.data.samples.source,
            maxAbs: float.maxAbs,
            maxRel: float.sqnrDb === Infinity ? 0 : 10 ** (-float.sqnrDb / 20),
            exact: false,
          }
        : null,
      samples: correction.count,
      indices: quantizing.data.indices,
      grid: target,
      output: saved,
    },
    text: [
      settings.targetText(),
      `${counted(names.length, 'layer')} corrected with ${counted(correction.count, 'sample')} from ${quantizing.data.samples.source}.`,
      ...(names.length === 0 ? [] : layerTable(correction.layers)),
      ...correction.skipped.map(({ place: name, reason }) => `Left alone: ${name}: ${reason}`),
      ...(float
        ? [
            `Made for this grid: the float outputs moved to ${decibels(float.sqnrDb)}. correct --remove brings the old biases back.`,
          ]
        : []),
      savedText(saved, names.length > 0),
    ],
  };
}

/** Brings back the biases from before, as the file's metadata has them. */
async function remove(place: Workplace): Promise<Answer> {
  const document = await place.open();
  const note = parseCorrection(document.info.metadata.get(correctionKey));
  if (!note) {
    const text = 'the file says nothing of a bias correction: there is none to remove';
    throw new CommandFault(4, 'no-correction', text, document.path);
  }
  const result = await restoreBiases.run(document.graph, { former: note.former }, place.job);
  const entries = notedChanges(document).filter(
    (entry) => (entry as { step?: unknown }).step !== 'correct',
  );
  const notes = new Map(changeNotes(document, entries)).set(correctionKey, '');
  const saved = await place.save(result.graph, notes);
  return {
    fields: {
      layers: result.applied.map(({ layer, biasRemoved }) => ({ name: layer, biasRemoved })),
      skipped: result.skipped.map(skipFields),
      proof: null,
      output: saved,
    },
    text: [
      `The biases of ${counted(result.applied.length, 'layer')} are as they were before the correction.`,
      ...result.skipped.map(({ reason }) => reason),
      savedText(saved, result.edits.length > 0),
    ],
  };
}

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

/** An `.npz` with the mean of each input channel of a layer under the layer's name. */
async function readMeans(path: string | undefined): Promise<ReadonlyMap<string, Float64Array>> {
  if (path === undefined) {
    throw new CommandFault(
      2,
      'usage',
      '--method given needs --input-mean FILE.npz: an array for each layer, one mean an input channel',
    );
  }
  const npz = await Npz.open(path);
  try {
    const means = new Map<string, Float64Array>();
    for (const name of npz.names) {
      const array = await npz.array(name);
      if (!array) continue;
      const values = await array.read(
        0,
        array.dims.reduce((a, b) => a * b, 1),
      );
      means.set(name, Float64Array.from(values as ArrayLike<number>));
    }
    return means;
  } finally {
    await npz.dispose();
  }
}

/** Below a hundred samples the means are uncertain; the standard error says how much. */
function warnOfFew(place: Workplace, count: number, isMeasured: boolean): void {
  if (!isMeasured || count >= 100) return;
  const message = `${counted(count, 'sample')} give means that are uncertain by about ${significant(1 / Math.sqrt(count))} of the deviation from sample to sample; 500 to 1000 are usual.`;
  place.issues.push({ code: 'few-samples', severity: 'warning', message });
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
      `${method}${biasAdded ? ', bias added' : ''}`,
    ]),
  ]);
