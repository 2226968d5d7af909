/** Shorter names for what is drawn; titles, copies and filters keep the whole ones. */
export interface ShortNames {
  /** One name: of a layer, or of a value. */
  name(name: string): string;
  /** The names within a sentence. */
  text(text: string): string;
}

/**
 * Exporters put the same path before every name, and TFLite converters join the names of all that
 * was fused with `;`. Left out are the path that all layers share, and what comes after the first
 * `;` where that still tells the layers apart.
 */
export function shortNames(names: readonly string[]): ShortNames {
  const prefix = sharedPath(names);
  const bare = (name: string): string =>
    name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const firsts = names.map((name) => bare(first(name)));
  const isTold = new Set(firsts).size === names.length;
  const joined = new Set(isTold ? names.filter((name) => name.includes(';')) : []);
  const name = (whole: string): string => bare(joined.has(whole) ? first(whole) : whole);
  if (prefix === '' && joined.size === 0) return { name, text: (text) => text };
  return { name, text: (text) => text.replace(/[^\s"“”()]+/g, (word) => ofWord(word, name)) };
}

const first = (name: string): string => name.split(';')[0] ?? name;

/** A word of a sentence may end in a comma or full stop that is not of the name. */
function ofWord(word: string, name: (whole: string) => string): string {
  const end = /[.,:;]*$/.exec(word)?.[0] ?? '';
  return name(word.slice(0, word.length - end.length)) + end;
}

/** What all names begin with, up to its last slash; not beyond what was fused. */
function sharedPath(names: readonly string[]): string {
  const [one, ...others] = names;
  if (one === undefined || others.length === 0) return '';
  let length = first(one).length;
  for (const other of others) {
    let same = 0;
    while (same < length && one[same] === other[same]) same++;
    length = same;
  }
  return one.slice(0, one.lastIndexOf('/', length - 1) + 1);
}
