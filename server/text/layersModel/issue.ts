import type { TextCode } from '../../core/json/textCodes.ts';
import type { TextProblem } from '../../core/json/textProblem.ts';
import type { Span } from '../provider.ts';

/** Something wrong at a place, and what could stand there instead. */
export interface TextIssue {
  readonly place: Span;
  readonly code: TextCode;
  readonly severity: TextProblem['severity'];
  readonly message: string;
  /** The first is most likely what was meant. */
  readonly fixes: readonly { readonly title: string; readonly text: string }[];
}
