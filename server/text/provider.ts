import type { Graph } from '../core/graph/graph.ts';
import type { TextProblem } from '../core/json/textProblem.ts';
import type { Target } from '../core/quant/targets.ts';
import type { OpenText } from './openText.ts';

/** The model that a text is about. */
export interface KnownModel {
  readonly path: string;
  /** As it is shown in its editor, corrections included; as in its file where it is not open. */
  readonly graph: Graph;
  /** As in its file. */
  readonly opened: Graph;
  /** The target that was chosen for it; undefined where it is not open. */
  readonly target: Target | undefined;
}

/** From the first character to behind the last one, as offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is said of a place of a text, in Markdown. */
export interface TextHover extends Span {
  readonly words: string;
}

/** A part of a text, for the outline. */
export interface OutlineItem extends Span {
  readonly name: string;
  readonly detail: string;
  readonly kind: 'group' | 'tensor' | 'layer' | 'setting';
  /** Of the name itself. */
  readonly namePlace: Span;
  readonly children: readonly OutlineItem[];
}

/** A word that can stand at a place. */
export interface TextCompletion {
  readonly label: string;
  readonly detail: string;
}

/** Changes of a text that mend a problem; their places do not overlap. */
export interface TextFix {
  readonly title: string;
  readonly isPreferred: boolean;
  readonly edits: readonly (Span & { readonly text: string })[];
}

/** Where files beside the text have a say. */
type MaybeLater<T> = T | Promise<T>;

/** What the editor can say of one kind of text. All of it is a function of text and model. */
export interface TextProvider {
  problems(text: OpenText, model: KnownModel | undefined): MaybeLater<readonly TextProblem[]>;
  hover(text: OpenText, offset: number, model: KnownModel | undefined): TextHover | undefined;
  outline(text: OpenText): readonly OutlineItem[];
  /** Words for the string that the place is in; it is replaced as a whole. */
  complete(
    text: OpenText,
    offset: number,
    model: KnownModel | undefined,
  ): readonly TextCompletion[];
  /** Ways to mend the problem of this code that begins here. */
  fixes(
    text: OpenText,
    problem: { readonly code: string; readonly start: number },
    model: KnownModel | undefined,
  ): MaybeLater<readonly TextFix[]>;
}
