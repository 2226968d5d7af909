import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { encodingsVersions, type EncodingsVersion } from '../core/encodings/encodingsFile.ts';
import { writeEncodings } from '../core/encodings/writeEncodings.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import { usableEncodings } from '../encodings/usableEncodings.ts';
import { writeFileAtomic } from '../files.ts';
import { planOf } from '../quantize/calibrate.ts';
import type { QuantizeContext } from '../quantize/context.ts';
import { version as ownVersion } from '../version.ts';
import { CommandFault, fromFormat } from './fault.ts';
import { checkThere } from './missingFile.ts';
import { checkOutput } from './outputFiles.ts';
import { counted } from './text.ts';
import type { Workplace } from './workplace.ts';

/** A file of encodings that a command is to write. */
export interface EncodingsOutput {
  readonly path: string;
  readonly version: EncodingsVersion;
  /** It is written besides another one, and left out where its version cannot say the grids. */
  readonly isExtra: boolean;
}

/**
 * Where `-o` wants encodings: version 1.0.0 at FILE and 2.0.0 beside it at FILE.v2.encodings, or one
 * file of the version that was asked for. Refuses early what could not be written.
 */
export function encodingsOutputs({ settings }: Workplace): EncodingsOutput[] {
  const given = settings.text('output');
  const wanted = settings.has('encodings-version')
    ? settings.choice('encodings-version', encodingsVersions, '1.0.0')
    : undefined;
  if (given === undefined) {
    if (wanted === undefined) return [];
    throw new CommandFault(2, 'usage', '--encodings-version needs -o FILE.encodings');
  }
  const path = extname(given) === '' ? `${given}${ending}` : given;
  const check = (one: string): string =>
    checkOutput({ given: one, endings: [ending], mayReplace: settings.has('force') });
  const first = { path: check(path), version: wanted ?? '1.0.0', isExtra: false } as const;
  if (wanted !== undefined) return [first];
  const second = `${path.slice(0, -ending.length)}.v2${ending}`;
  return [first, { path: check(second), version: '2.0.0', isExtra: true }];
}

const ending = '.encodings';

/** Writes the files, and gives their paths. */
export async function writeOutputs(
  place: Workplace,
  outputs: readonly EncodingsOutput[],
  encodings: EncodingSet,
): Promise<string[]> {
  const paths: string[] = [];
  for (const { path, version, isExtra } of outputs) {
    const text = writeEncodings(encodings, {
      version,
      target: place.settings.target(),
      producer: { package: 'rangefinder', version: ownVersion },
    });
    if (!text.ok && !isExtra) {
      throw new CommandFault(4, text.error.code, text.error.message, text.error.where);
    }
    if (!text.ok) {
      const { code, message, where } = text.error;
      const why = `${basename(path)} was not written. ${message}`;
      place.issues.push({ code, severity: 'warning', message: why, where });
      continue;
    }
    const written = await writeFileAtomic(path, text.value, { overwrite: true });
    if (!written.ok) throw fromFormat(written.error, 4);
    paths.push(path);
  }
  return paths;
}

/** The text of a file of encodings; `option` is the one that names it. */
export function encodingsText(path: string, option: '--check' | '--encodings'): string {
  checkThere(path, { is: option });
  return readFileSync(path, 'utf8');
}

/**
 * The encodings of `--encodings FILE` for the model: they stay as they are, and the rest is
 * calibrated. Errors of the file are said, and refused where nothing of it can be used.
 */
export function frozenEncodings(place: Workplace, context: QuantizeContext): EncodingSet {
  const path = place.settings.text('encodings');
  if (path === undefined) return new Map();
  const model = { graph: context.graph, plan: planOf(context) };
  const { found, problems } = usableEncodings(encodingsText(path, '--encodings'), model);
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (found.size === 0) {
    const why = first ? `line ${first.line}: ${first.message}` : 'it has no entry for this model.';
    const remedy = `rangefinder encodings ${place.given.model ?? ''} --check ${path} says more`;
    throw new CommandFault(3, first?.code ?? 'other-model', `${path}, ${why}`, path, remedy);
  }
  for (const { code, message, line } of errors.slice(0, mostSaid)) {
    const text = `${basename(path)}, line ${line}: ${message} It is calibrated instead.`;
    place.issues.push({ code, severity: 'warning', message: text, where: path });
  }
  const more = errors.length - mostSaid;
  if (more > 0) {
    const text = `${basename(path)} has ${counted(more, 'more error')}; --check lists them.`;
    place.issues.push({ code: 'more-errors', severity: 'warning', message: text, where: path });
  }
  return found;
}

/** So many errors of a file are said one by one. */
const mostSaid = 8;
