import { version } from '../version.ts';
import { verbs } from './arguments.ts';
import { targetProfiles } from '../core/quant/targets.ts';
import { optionSpecs, targetVerbs, verbsWithoutTarget, type OptionSpec } from './options.ts';

/** What `--help` prints, for one verb or for all. */
export function helpText(verb: string): string {
  const about = verbs.get(verb);
  if (about === undefined) return overview();
  const taken = optionSpecs.filter((spec) => !spec.verbs || spec.verbs.includes(verb));
  const isIdle = (spec: OptionSpec): boolean =>
    verbsWithoutTarget.includes(verb) && spec.verbs === targetVerbs;
  const own = taken.filter((spec) => !isIdle(spec));
  const idle = taken.filter(isIdle).map(({ name }) => `--${name}`);
  return [
    `rangefinder ${verb} ${verb === 'compare' ? '<model> <other>' : '<model>'} [options]: ${about}`,
    '',
    ...own.map(optionLine),
    ...(idle.length > 0
      ? [
          '',
          ...wrapped(
            `Accepted, but ${verb} does not depend on the target: ${idle.join(', ')}.`,
            width,
          ),
        ]
      : []),
    ...(own.some(({ name }) => name === 'target') ? ['', 'Targets:', ...targetLines()] : []),
    '',
    exits,
  ].join('\n');
}

const overview = (): string =>
  [
    `rangefinder ${version}: quantization diagnostics and repair for neural networks`,
    '',
    'rangefinder <verb> <model> [options]',
    '',
    ...[...verbs].map(([verb, about]) => `  ${verb.padEnd(11)} ${about}`),
    '',
    'Correction verbs save only with -o FILE or --in-place; without, they report what they would do.',
    '',
    'rangefinder <verb> --help lists the options of a verb.',
    exits,
  ].join('\n');

/** Each built-in target with what it is. */
const targetLines = (): string[] =>
  targetProfiles.map(({ profile, title, detail }) => {
    const lines = wrapped(`${title}. ${detail}`, width - targetIndent);
    return `  ${profile}`.padEnd(targetIndent) + lines.join(`\n${' '.repeat(targetIndent)}`);
  });

/** Column of the descriptions, and where lines end. */
const indent = 34;
const targetIndent = 16;
const width = 100;

function optionLine(spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const flag = `  ${short}--${spec.name}${spec.takes === undefined ? '' : ` ${spec.takes}`}`;
  const [first = '', ...more] = wrapped(spec.about, width - indent);
  const rest = more.map((line) => `\n${' '.repeat(indent)}${line}`).join('');
  const begin = flag.length < indent ? flag.padEnd(indent) : `${flag}\n${' '.repeat(indent)}`;
  return `${begin}${first}${rest}`;
}

function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

const exits =
  'Exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 unreadable, 4 refused, 5 a bug of ours, 130 stopped.';
