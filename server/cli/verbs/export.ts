import { calibrate } from '../../quantize/calibrate.ts';
import { calibrationNotes } from '../../quantize/calibrationNotes.ts';
import { exportQdq } from '../../quantize/exportQdq.ts';
import type { QdqAgreement } from '../../quantize/qdqAgreement.ts';
import { frozenEncodings } from '../encodingsFiles.ts';
import type { Answer } from '../envelope.ts';
import { CommandFault, fromFormat } from '../fault.ts';
import { openQuantizing, reportFailures } from '../quantizing.ts';
import { samplesText } from '../samplesText.ts';
import { counted, decibels } from '../text.ts';
import type { Workplace } from '../workplace.ts';

/** `rangefinder export`: the model in another format, computing the same, or quantized. */
export async function exportModel(place: Workplace): Promise<Answer> {
  const to = place.settings.choice('to', ['onnx', 'qdq'], 'onnx');
  const path = place.outputPath();
  if (path === undefined) throw new CommandFault(2, 'usage', 'export needs -o FILE.onnx');
  if (!/\.onnx$/i.test(path)) {
    throw new CommandFault(2, 'usage', `-o "${path}": an ONNX model is called .onnx`);
  }
  if (to === 'qdq') return exportQuantized(place, path);
  const document = await place.open();
  await place.save(document.graph, new Map());
  return { fields: { output: path }, text: [`Saved: ${path}`] };
}

/** The model with QuantizeLinear and DequantizeLinear, for the grid of the target. */
async function exportQuantized(place: Workplace, path: string): Promise<Answer> {
  // Weights need no data: the file is checked with made-up inputs.
  const needsNone = place.settings.target().activationBits === 'float';
  const purposes = ['calibration'] as const;
  const quantizing = await openQuantizing(place, purposes, needsNone ? 'synthetic' : undefined);
  const { context } = quantizing;
  const on = quantizing.on('calibration');
  const calibration = await calibrate(context, on, place.job, frozenEncodings(place, context));
  reportFailures(place, calibration.failures);
  place.issues.push(...calibrationNotes(calibration, context.graph));
  const written = await exportQdq(context, calibration, path, new Map(), place.job, on);
  if (!written.ok) throw fromFormat(written.error, 4);
  const { notes, agreement, constants, values, opset } = written.value;
  for (const message of notes) {
    place.issues.push({ code: 'export', severity: 'info', message });
  }
  return {
    fields: {
      output: path,
      opset,
      constants,
      values,
      ...(agreement ? { agreement: agreementFields(agreement) } : {}),
      samples: calibration.count,
    },
    text: [
      place.settings.targetText(),
      samplesText(quantizing.data),
      `${counted(constants, 'constant')} stored as integers, ${counted(values, 'activation passes', 'activations pass')} through QuantizeLinear and DequantizeLinear; ONNX operator set ${opset}.`,
      ...(agreement ? [agreementText(agreement)] : []),
      `Saved: ${path}`,
    ],
  };
}

const agreementFields = ({ sqnrDb, mostSteps, values, samples }: QdqAgreement): object => ({
  sqnrDb,
  mostSteps,
  samples,
  values,
});

const agreementText = ({ sqnrDb, mostSteps, samples }: QdqAgreement): string =>
  `Run in ONNX Runtime on ${counted(samples, 'sample')}: its outputs are ${sqnrDb === Infinity ? 'those of the simulation' : `${decibels(sqnrDb)} from those of the simulation`}, at most ${mostSteps.toFixed(1)} steps apart in a layer.`;
