import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { EncodingsFile } from '../core/encodings/encodingsFile.ts';
import { encodingsForPlan } from '../core/encodings/plannedEntries.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import { usableEncodings } from '../encodings/usableEncodings.ts';
import { planOf } from '../quantize/calibrate.ts';
import type { QuantizeContext } from '../quantize/context.ts';
import { Refused } from '../refused.ts';
import { nounText } from '../core/reports/words.ts';

/** Encodings that were loaded: calibration leaves them as they are. */
export interface FrozenEncodings {
  readonly name: string;
  /** Same text: same encodings. */
  readonly id: string;
  readonly file: EncodingsFile;
}

/** Those that the context's target has a place for. */
export const frozenFor = (
  frozen: FrozenEncodings | undefined,
  context: QuantizeContext,
): EncodingSet =>
  frozen
    ? encodingsForPlan(frozen.file, { graph: context.graph, plan: planOf(context) })
    : new Map();

/** So many problems of a file are said one by one. */
const mostSaid = 12;

/** Reads encodings for a model; what is wrong with them is said with its line, or refused. */
export function loadFrozen(
  path: string,
  context: QuantizeContext,
): { readonly frozen: FrozenEncodings; readonly notes: readonly string[] } {
  const text = readFileSync(path, 'utf8');
  const model = { graph: context.graph, plan: planOf(context) };
  const { file, found, problems } = usableEncodings(text, model);
  const all = problems.filter(({ severity }) => severity !== 'info');
  const name = basename(path);
  const said = all.map(({ line, message }) => `${name}, line ${line}: ${message}`);
  if (!file || found.size === 0) {
    throw new Refused({
      code: all[0]?.code ?? 'other-model',
      message: said[0] ?? `${name} has no entry for this model.`,
      where: path,
      remedy: 'Open the file in the editor: it marks what is wrong.',
    });
  }
  const more = said.length - mostSaid;
  const id = createHash('sha256').update(text).digest('hex');
  return {
    frozen: { name, id, file },
    notes: [
      `${nounText(found.size, 'encoding')} of ${name} ${found.size === 1 ? 'is' : 'are'} frozen; the rest is calibrated.`,
      ...said.slice(0, mostSaid),
      ...(more > 0 ? [`${name} has ${nounText(more, 'more problem')}.`] : []),
    ],
  };
}
