import { laterOptions, optionSpecs, type OptionSpec } from './options.ts';
import { CommandFault } from './fault.ts';
import { meant } from './nearest.ts';

/** A command line taken apart. Options by their long name; flags are `true`. */
export interface Arguments {
  readonly verb: string;
  readonly model: string | undefined;
  /** The second model of `compare`. */
  readonly other?: string;
  readonly options: ReadonlyMap<string, string | true>;
}

/** Verbs of this version, with a line each. */
export const verbs: ReadonlyMap<string, string> = new Map([
  ['analyze', 'what the weights of each layer lose on the target, without data'],
  ['run', 'the float outputs on given samples'],
  ['fold', 'folds batch norms into their layers'],
  ['clear', 'clears dead and constant channels'],
  ['equalize', 'evens the ranges of channels out; folds and clears first'],
  ['absorb', 'moves what a channel always exceeds into the next layer; folds first'],
  ['export', 'the model in another format: --to onnx, or quantized: --to qdq'],
  ['correct', 'corrects biases by the mean error that rounding makes'],
  ['repair', 'folds, clears, equalizes, absorbs and corrects; keeps what helps'],
  ['calibrate', 'ranges and grids of the activations, from samples'],
  ['measure', 'errors of every layer, by itself and accumulated'],
  ['sensitivity', 'one layer quantized at a time, and one left in float at a time'],
  ['evaluate', 'accuracy and output error of float and quantized'],
  ['compare', 'two models side by side; a quantized one against its float twin'],
  ['encodings', 'writes the grids of a target to a file, or checks such a file'],
]);

/** Takes a command line apart. Throws a `usage` fault that names the argument to blame. */
export function parseArguments(words: readonly string[]): Arguments {
  const options = new Map<string, string | true>();
  const places: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-') || word === '-') {
      places.push(word);
      continue;
    }
    const [flag, given] = split(word);
    const spec = specOf(flag);
    if (options.has(spec.name)) throw usage(`${word} is given twice`);
    if (spec.takes === undefined) {
      if (given !== undefined) throw usage(`--${spec.name} takes no value`);
      options.set(spec.name, true);
      continue;
    }
    const next = words[i + 1];
    const isOptional = spec.takes.startsWith('[');
    // `--json model.onnx` would overwrite the model: a free value is taken only behind the model.
    const mayTake = next !== undefined && (!next.startsWith('-') || /^-\d/.test(next));
    if (given !== undefined) options.set(spec.name, given);
    else if (mayTake && (!isOptional || places.length >= 2)) {
      options.set(spec.name, next);
      i++;
    } else if (isOptional) options.set(spec.name, true);
    else throw usage(`--${spec.name} needs ${spec.takes}`);
  }
  if (places[0] === 'help') return askedForHelp(places, options);
  const [verb = '', model, ...behind] = places;
  const [other, ...more] = verb === 'compare' ? behind : [undefined, ...behind];
  if (more.length > 0)
    throw usage(
      verb === 'compare'
        ? `two models at a time: "${more[0] ?? ''}" is too many`
        : `one model at a time: "${more[0] ?? ''}" is too many`,
    );
  if (options.has('help') || options.has('version')) return { verb, model, options };
  checkVerb(verb);
  for (const [name, value] of options) {
    const spec = optionSpecs.find((one) => one.name === name);
    if (spec?.verbs && !spec.verbs.includes(verb)) throw usage(`${verb} has no option --${name}`);
    if (spec && typeof value === 'string') checkValue(spec, value);
  }
  return { verb, model, options, ...(other === undefined ? {} : { other }) };
}

/** `rangefinder help [verb]`, as `rangefinder [verb] --help`. */
function askedForHelp(
  [, verb = '', ...more]: readonly string[],
  options: ReadonlyMap<string, string | true>,
): Arguments {
  if (more.length > 0) throw usage(`help takes one verb: "${more[0] ?? ''}" is too many`);
  if (verb !== '') checkVerb(verb);
  return { verb, model: undefined, options: new Map(options).set('help', true) };
}

function checkVerb(verb: string): void {
  if (verbs.has(verb)) return;
  const close = meant(verb, [...verbs.keys(), 'help']);
  const what = verb === '' ? 'no verb given' : `unknown verb "${verb}"${close}`;
  throw usage(`${what}${close === '' ? '; there' : ' There'} are ${[...verbs.keys()].join(', ')}`);
}

/** Refuses a value that the contract does not know, and one that only a later version does. */
function checkValue(spec: OptionSpec, value: string): void {
  const { name, takes = '', values, known = takes, now } = spec;
  if (values && !values.test(value)) {
    const words = known.split(/[^\w.]+/).filter((word) => values.test(word));
    throw usage(
      `--${name} "${value}": must be ${now ? 'one that is known, such as ' : ''}${known}${meant(value, words)}`,
    );
  }
  if (!now || now.includes(value)) return;
  throw new CommandFault(
    4,
    'not-supported-yet',
    `--${name} ${value} comes with a later version; this one does ${now.join(', ')}`,
    `--${name}`,
  );
}

function specOf(flag: string): OptionSpec {
  const isShort = !flag.startsWith('--');
  const name = flag.replace(/^--?/, '');
  const found = optionSpecs.find((spec) => (isShort ? spec.short === name : spec.name === name));
  if (found) return found;
  if (laterOptions.has(name)) {
    const text = `--${name} comes with a later version`;
    throw new CommandFault(4, 'not-supported-yet', text, `--${name}`);
  }
  const names = optionSpecs.map((spec) => spec.name);
  throw usage(`unknown option ${flag}${isShort ? '' : meant(name, names, '--')}`);
}

function split(word: string): [string, string?] {
  const at = word.indexOf('=');
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

const usage = (message: string): CommandFault => new CommandFault(2, 'usage', message);

/** Where to read on after wrong usage: the help of the verb, where one is known. */
export function helpFor(words: readonly string[]): string {
  const verb = words.find((word) => verbs.has(word));
  return verb === undefined
    ? 'rangefinder --help lists verbs and options'
    : `rangefinder ${verb} --help lists its options`;
}
