/** A sentence in the language of the window; `{0}` stands for the first of the values. */
export type Translate = (message: string, ...values: readonly (string | number)[]) => string;

/** The sentence as it is written here, in English. */
const fill: Translate = (message, ...values) =>
  message.replace(/\{(\d+)\}/g, (found, at: string) => String(values[Number(at)] ?? found));

let translate = fill;

/** Has sentences said in another language from now on. */
export function translateBy(by: Translate): void {
  translate = by;
}

/**
 * A sentence that people read. Its English text is its key in `l10n/bundle.l10n.json`, which
 * `npm run make:l10n` writes from the calls of this function.
 */
export const t: Translate = (message, ...values) => translate(message, ...values);
