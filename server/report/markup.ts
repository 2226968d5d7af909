/** Text that is HTML already. Only `html` makes it, and escapes what goes into it. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What may stand in a template: text is escaped, markup is not; `undefined` is nothing. */
export type Piece = Markup | string | number | undefined | readonly Piece[];

/**
 * A piece of HTML. All that is put in is text, whatever it looks like: names of layers come from
 * files of strangers. Within it what is written from right to left, or says that it were, is
 * isolated, so that a name cannot turn the sentence that it stands in. Attributes have to be quoted.
 */
export const html = (parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup =>
  new Markup(parts.reduce((all, part, at) => all + textOf(pieces[at - 1]) + part));

/** A name of the user's: isolated, so that its letters cannot turn the text around it. */
export const nameOf = (name: string): Markup =>
  html`<bdi class="name">${new Markup(escaped(name))}</bdi>`;

function textOf(piece: Piece): string {
  if (piece === undefined) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'string') return escaped(isolated(piece));
  if (typeof piece === 'number') return String(piece);
  return piece.map(textOf).join('');
}

/** What `<bdi>` is as characters: it stands in attributes too. */
const [open, close] = ['\u2068', '\u2069'];

/** Words in which something is written from right to left, each run of them apart from the rest. */
const isolated = (text: string): string =>
  turning.test(text)
    ? text.replace(turned, (run) => {
        const [, before = '', name = '', after = ''] = around.exec(run) ?? [];
        return `${before}${open}${name.replace(isolates, '\ufffd')}${close}${after}`;
      })
    : text;

/** Letters of scripts from right to left, and characters that turn what comes after them. */
const rightToLeft =
  '\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}';
const turning = new RegExp(`[${rightToLeft}]`, 'u');
const turnedWord = `[^\\s${rightToLeft}]*[${rightToLeft}]\\S*`;
const turned = new RegExp(`${turnedWord}(?: ${turnedWord})*`, 'gu');
/** Brackets, quotes and stops of the sentence around a name are not the name's. */
const around = /^([("“‘[]*)(.*?)([)"”’\],.;:!?]*)$/su;
/** They would end the isolation, or begin another. */
const isolates = /[\u2066-\u2069]/g;

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
