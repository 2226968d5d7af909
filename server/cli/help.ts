import { version } from '../version.ts';
import { verbs } from './arguments.ts';
import { targetProfiles } from '../core/quant/targets.ts';
import { idleOptions } from './idleOptions.ts';
import { optionSpecs, type OptionSpec } from './options.ts';
import { sampleVerbs, targetVerbs } from './verbGroups.ts';

/** What `--help` prints, for one verb or for all. */
export function helpText(verb: string): string {
  const about = verbs.get(verb);
  if (about === undefined) return overview();
  const taken = optionSpecs.filter((spec) => !spec.verbs || spec.verbs.includes(verb));
  const without = idleOptions(verb);
  const own = taken.filter(({ name }) => !without.includes(name));
  const idle = taken.filter(({ name }) => without.includes(name)).map(({ name }) => `--${name}`);
  const isOf = ({ verbs: of }: OptionSpec, group: OptionSpec['verbs']): boolean => of === group;
  const groups: readonly (readonly [title: string, options: readonly OptionSpec[]])[] = [
    ['', own.filter((one) => ![targetVerbs, sampleVerbs, undefined].includes(one.verbs))],
    ['Samples:', own.filter((one) => isOf(one, sampleVerbs))],
    [
      `Target${verb === 'compare' ? ', for --report' : ''}:`,
      own.filter((one) => isOf(one, targetVerbs)),
    ],
    ['Every verb has:', own.filter((one) => isOf(one, undefined))],
  ];
  return [
    `rangefinder ${verb} ${verb === 'compare' ? '<model> <other>' : '<model>'} [options]: ${about}`,
    `  such as: rangefinder ${verb} ${examples[verb] ?? ''}`,
    ...groups.flatMap(([title, options]) =>
      options.length === 0
        ? []
        : ['', ...(title === '' ? [] : [title]), ...options.map((one) => optionLine(one, verb))],
    ),
    ...(idle.length > 0
      ? [
          '',
          ...wrapped(`Accepted, but of no effect on what ${verb} does: ${idle.join(', ')}.`, width),
        ]
      : []),
    ...(own.some(({ name }) => name === 'target') ? ['', 'Targets:', ...targetLines()] : []),
    '',
    exits,
  ].join('\n');
}

/** How each verb is often called. */
const examples: Readonly<Record<string, string>> = {
  analyze: 'model.onnx --target tensor-int8',
  run: 'model.onnx --data samples.npz -o outputs.npz',
  fold: 'model.onnx -o folded.onnx',
  clear: 'model.onnx -o cleared.onnx',
  equalize: 'model.onnx --granularity tensor -o equalized.onnx',
  absorb: 'model.onnx -o absorbed.onnx',
  export: 'model.h5 --to qdq --data pictures/ -o model.onnx',
  correct: 'model.onnx --data samples.npz -o corrected.onnx',
  repair: 'model.onnx --data samples.npz -o repaired.onnx --report repair.html',
  calibrate: 'model.onnx --data samples.npz -o model.encodings',
  measure: 'model.onnx --data samples.npz --report layers.csv',
  sensitivity: 'model.onnx --data samples.npz',
  evaluate: 'model.onnx --data samples.npz --labels labels.csv',
  compare: 'model.onnx quantized.onnx --data samples.npz',
  encodings: 'model.onnx --data samples.npz -o model.encodings',
};

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
    'Begin with rangefinder analyze <model>; rangefinder <verb> --help lists the options of a verb.',
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

function optionLine(spec: OptionSpec, verb: string): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const flag = `  ${short}--${spec.name}${spec.takes === undefined ? '' : ` ${spec.takes}`}`;
  const [first = '', ...more] = wrapped(spec.aboutIn?.[verb] ?? spec.about, width - indent);
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
