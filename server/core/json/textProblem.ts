import type { TextCode } from './textCodes.ts';
import { positionsOf, type JsonFault, type TextPosition } from './jsonTree.ts';

/** Something to say about a place of a text, as an editor underlines it. */
export interface TextProblem extends TextPosition {
  readonly code: TextCode;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** Behind the last character. */
  readonly end: TextPosition;
}

/** What must be known of a place: where it begins and ends. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/** Collects problems of one text. */
export class TextProblems {
  readonly list: TextProblem[] = [];
  readonly #position: (offset: number) => TextPosition;

  constructor(text: string) {
    this.#position = positionsOf(text);
  }

  get hasErrors(): boolean {
    return this.list.some(({ severity }) => severity === 'error');
  }

  add(
    place: Place,
    code: TextCode,
    message: string,
    severity: TextProblem['severity'] = 'error',
  ): void {
    const end = this.#position(place.end);
    this.list.push({ code, severity, message, ...this.#position(place.start), end });
  }

  /** The text is no JSON at all. */
  addFault({ message, offset }: JsonFault, end = offset + 1): void {
    this.add({ start: offset, end }, 'not-json', `This is no JSON: ${message}.`);
  }

  position(offset: number): TextPosition {
    return this.#position(offset);
  }
}
