/** Text that is HTML already. Only `html` makes it, and escapes what goes into it. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What may stand in a template: text is escaped, markup is not; `undefined` is nothing. */
export type Piece = Markup | string | number | undefined | readonly Piece[];

/**
 * A piece of HTML. All that is put in is text, whatever it looks like: names of layers come from
 * files of strangers. Attributes have to be quoted.
 */
export const html = (parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup =>
  new Markup(parts.reduce((all, part, at) => all + textOf(pieces[at - 1]) + part));

/** A name of the user's: isolated, so that its letters cannot turn the text around it. */
export const nameOf = (name: string): Markup => html`<bdi class="name">${name}</bdi>`;

function textOf(piece: Piece): string {
  if (piece === undefined) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'string') return escaped(piece);
  if (typeof piece === 'number') return String(piece);
  return piece.map(textOf).join('');
}

const escaped = (text: string): string => text.replace(special, (one) => entities[one] ?? '\ufffd');

/** What means something in HTML and XML, and what neither has: control characters, halves of pairs. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const special = /[&<>"'`\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]/gu;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};
