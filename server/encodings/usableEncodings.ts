import type { EncodingsFile } from '../core/encodings/encodingsFile.ts';
import { encodingsForPlan, type PlannedModel } from '../core/encodings/plannedEntries.ts';
import { readEncodings } from '../core/encodings/readEncodings.ts';
import type { TextProblem } from '../core/json/textProblem.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import { checkEncodings } from './checkEncodings.ts';

/** What of a file of encodings a model can use. */
export interface UsableEncodings {
  /** Absent where the text is no file of encodings at all. */
  readonly file: EncodingsFile | undefined;
  /** Those that the target has a place for. */
  readonly found: EncodingSet;
  /** Of the text itself, then of how it fits the model. */
  readonly problems: readonly TextProblem[];
}

/** Reads a file of encodings for a model, and checks it. */
export function usableEncodings(text: string, model: PlannedModel): UsableEncodings {
  const { file, problems } = readEncodings(text);
  if (!file) return { file, found: new Map(), problems };
  const found = encodingsForPlan(file, model);
  return { file, found, problems: [...problems, ...checkEncodings(file, model).problems] };
}
