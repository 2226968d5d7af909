import { readEncodings } from '../../core/encodings/readEncodings.ts';
import type { TensorEncoding } from '../../core/quant/tensorEncoding.ts';
import type { TextProblem } from '../../core/json/textProblem.ts';
import type { EncodingsFile, FileEncoding } from '../../core/encodings/encodingsFile.ts';
import { checkEncodings, type EncodingsCheck } from '../../encodings/checkEncodings.ts';
import { strangeSections } from '../../encodings/strangeSections.ts';
import { calibrate, planOf } from '../../quantize/calibrate.ts';
import { calibrationNotes } from '../../quantize/calibrationNotes.ts';

import {
  encodingsOutputs,
  encodingsText,
  frozenEncodings,
  writeOutputs,
} from '../encodingsFiles.ts';
import { issueFields, type Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import { openFloatModel, openQuantizing, placeContext, reportFailures } from '../quantizing.ts';
import { hasData } from '../samples.ts';
import { rangesText, tensorFields } from '../tensorFields.ts';
import { samplesText } from '../samplesText.ts';
import { counted } from '../text.ts';
import type { Workplace } from '../workplace.ts';

/** `rangefinder encodings`: writes the grids of a target to a file, or checks such a file. */
export async function encodings(place: Workplace): Promise<Answer> {
  const { settings } = place;
  const checked = settings.text('check');
  if (checked === undefined) return write(place);
  const idle = ['output', 'data', 'encodings', 'encodings-version'].find((one) =>
    settings.has(one),
  );
  if (idle !== undefined) {
    throw new CommandFault(
      2,
      'usage',
      `--check reads a file and runs nothing: leave out --${idle}`,
    );
  }
  return check(place, checked);
}

async function write(place: Workplace): Promise<Answer> {
  const outputs = encodingsOutputs(place);
  const document = await openFloatModel(place);
  const hasSamples = hasData(place, document);
  const quantizing = hasSamples ? await openQuantizing(place, ['calibration']) : undefined;
  const context = quantizing?.context ?? (await placeContext(place, document));
  const frozen = frozenEncodings(place, context);
  const calibration = await calibrate(context, quantizing?.on('calibration'), place.job, frozen);
  reportFailures(place, calibration.failures);
  place.issues.push(...calibrationNotes(calibration, context.graph));
  const made = [...calibration.encodings.values()];
  const ofKind = (wanted: TensorEncoding['kind'], name: string, plural?: string): string[] => {
    const count = made.filter(({ kind }) => kind === wanted).length;
    return count > 0 ? [counted(count, name, plural)] : [];
  };
  const kinds = [
    ...ofKind('weight', 'weight'),
    ...ofKind('bias', 'bias', 'biases'),
    ...ofKind('activation', 'activation'),
  ];
  if (!hasSamples && context.target.activationBits !== 'float') {
    const message =
      'Weights only: the ranges of activations need samples, which --data names. Biases of 32 bits need them too.';
    place.issues.push({ code: 'weights-only', severity: 'warning', message });
  }
  const paths = await writeOutputs(place, outputs, calibration.encodings);
  return {
    fields: {
      tensors: made.map((encoding) => tensorFields(encoding, calibration)),
      unquantized: calibration.plan.unquantized,
      samples: calibration.count,
      ...(quantizing ? { source: quantizing.data.samples.source } : {}),
      outputs: paths,
    },
    text: [
      place.settings.targetText(),
      quantizing ? samplesText(quantizing.data) : 'No samples.',
      `Encodings: ${kinds.join(', ')}${frozen.size === 0 ? '' : `, ${frozen.size} of them as loaded`}.`,
      ...(quantizing && made.some(({ kind }) => kind === 'activation') ? [rangesText] : []),
      ...(paths.length === 0
        ? ['Nothing is written: -o FILE.encodings says where to.']
        : paths.map((path) => `Saved: ${path}`)),
    ],
  };
}

async function check(place: Workplace, path: string): Promise<Answer> {
  const text = encodingsText(path, '--check');
  const document = await openFloatModel(place);
  const context = await placeContext(place, document);
  const { file, problems: readProblems } = readEncodings(text);
  const model = { graph: context.graph, plan: planOf(context) };
  const found = file ? checkEncodings(file, model) : undefined;
  const problems = [...readProblems, ...strangeSections(text), ...(found?.problems ?? [])].sort(
    (a, b) => a.line - b.line || a.column - b.column,
  );
  const count = (severity: string): number =>
    problems.filter((one) => one.severity === severity).length;
  const errors = count('error');
  return {
    exit: errors > 0 ? 1 : 0,
    fields: {
      file: path,
      ...(file ? { version: file.version } : {}),
      tensors: file ? file.entries.map((entry) => entryFields(entry, found)) : [],
      missing: found?.missing ?? [],
      issues: [
        ...place.issues.map(issueFields),
        ...problems.map(({ code, severity, message, line, column, end }) => ({
          code,
          severity,
          message,
          where: path,
          line,
          column,
          endLine: end.line,
          endColumn: end.column,
        })),
      ],
    },
    text: [
      place.settings.targetText(),
      summary(path, file, found),
      ...problems.map((one) => problemLine(path, one)),
      errors + count('warning') === 0
        ? 'The file fits the model.'
        : `${counted(errors, 'error')}, ${counted(count('warning'), 'warning')}.`,
    ],
  };
}

function summary(
  path: string,
  file: EncodingsFile | undefined,
  found: EncodingsCheck | undefined,
): string {
  if (!file || !found) return `${path} cannot be read as encodings.`;
  const entries = file.entries.length === 1 ? '1 entry' : `${file.entries.length} entries`;
  return `${path}: version ${file.version}, ${entries}, ${found.matched} of them for this model at this target.`;
}

const problemLine = (
  path: string,
  { line, column, severity, message, code }: TextProblem,
): string => `${path}:${line}:${column}: ${severity}: ${message} [${code}]`;

const entryFields = (
  { name, type, path, grid }: FileEncoding,
  found: EncodingsCheck | undefined,
): object => ({
  name,
  type,
  path,
  known: found?.unknown.includes(name) !== true,
  ...(grid
    ? {
        bits: grid.bits,
        symmetric: grid.isSymmetric,
        ...(grid.axis === undefined ? {} : { axis: grid.axis }),
        scale: Array.from(grid.scale),
        offset: Array.from(grid.lowest),
        min: Array.from(grid.scale, (scale, c) => scale * (grid.lowest[c] ?? 0)),
        max: Array.from(grid.scale, (scale, c) => scale * (grid.highest[c] ?? 0)),
      }
    : {}),
});
