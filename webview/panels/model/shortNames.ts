import { cutInMiddle } from '../../kit/cutNames.ts';

/** Shorter names for what is drawn; titles, copies and filters keep the whole ones. */
export interface ShortNames {
  /** One name: of a layer, or of a value. */
  name(name: string): string;
  /** The names within a sentence; what no line has room for is cut in its middle. */
  text(text: string): string;
  /** True where a name has to be cut at its end: others end in the same letters. */
  isToldByStart(name: string): boolean;
}

/** What is compared of each end of a long name. */
const endLetters = 18;
/** Of a name within a sentence. */
const mostInText = 80;

/**
 * Exporters put the same path before every name, and TFLite converters join the names of all that
 * was fused with `;`. Left out are the path that all layers share, and what comes after the first
 * `;`, where that still tells a name from all others. `values`: names of what is no layer, which
 * give way to the layers.
 */
export function shortNames(layers: readonly string[], values: readonly string[] = []): ShortNames {
  const prefix = sharedPath(layers.length > 1 ? layers : [...layers, ...values]);
  const bare = (name: string): string =>
    name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const known = new Map<string, string>();
  const taken = new Set<string>();
  const all = [layers, values].map((names) => [...new Set(names)]);
  const whole = new Set(all.flat());
  for (const names of all) {
    const counts = new Map<string, number>();
    for (const name of names) {
      const short = bare(first(name));
      counts.set(short, (counts.get(short) ?? 0) + 1);
    }
    const isFree = (short: string, name: string): boolean =>
      !taken.has(short) && (short === name || !whole.has(short));
    for (const name of names) {
      const short = bare(first(name));
      const isTold = counts.get(short) === 1 && isFree(short, name);
      const next = isTold ? short : isFree(bare(name), name) ? bare(name) : name;
      known.set(name, next);
      taken.add(next);
    }
  }
  const name = (wanted: string): string => known.get(wanted) ?? bare(wanted);
  let made: Ends | undefined;
  const ends = (names: Iterable<string>): Ends => (made ??= endsOf(names));
  return {
    name,
    text: (text) =>
      text.replace(/[^\s"“”()]+/g, (word) =>
        ofWord(word, (one) => cutInMiddle(name(one), mostInText)),
      ),
    isToldByStart: (wanted) => isToldByStart(name(wanted), ends(known.values())),
  };
}

/** How many names begin, and how many end, in the same letters. */
interface Ends {
  readonly heads: ReadonlyMap<string, number>;
  readonly tails: ReadonlyMap<string, number>;
}

function endsOf(names: Iterable<string>): Ends {
  const [heads, tails] = [new Map<string, number>(), new Map<string, number>()];
  const add = (counts: Map<string, number>, part: string): void => {
    counts.set(part, (counts.get(part) ?? 0) + 1);
  };
  for (const name of names) {
    add(heads, name.slice(0, endLetters));
    add(tails, name.slice(-endLetters));
  }
  return { heads, tails };
}

function isToldByStart(name: string, { heads, tails }: Ends): boolean {
  if (name.length <= endLetters) return false;
  const [alike, others] = [
    tails.get(name.slice(-endLetters)),
    heads.get(name.slice(0, endLetters)),
  ];
  return (others ?? 0) < (alike ?? 0);
}

/** What stands before the first `;`, where anything does. */
const first = (name: string): string =>
  name.indexOf(';') > 0 ? name.slice(0, name.indexOf(';')) : name;

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
