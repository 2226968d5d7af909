import { judgedVerbs } from './failOn.ts';
import { corrections, reporters, sampleVerbs, targetVerbs, writers } from './verbGroups.ts';

/** Every option of the command line (command-line.md), what it takes, and where it is understood. */
export interface OptionSpec {
  readonly name: string;
  /** Letter for the short form. */
  readonly short?: string;
  /** What stands after it, for help; absent: a flag. In brackets: may be left out. */
  readonly takes?: string;
  readonly about: string;
  /** What it is in one verb, where that is another thing. */
  readonly aboutIn?: Readonly<Record<string, string>>;
  /** Verbs that understand it; absent: all. */
  readonly verbs?: readonly string[];
  /** Values that the contract knows; absent: the verb reads it. */
  readonly values?: RegExp;
  /** What they are, where `takes` does not say. */
  readonly known?: string;
  /** Those of them that this version does; absent: all. The others are refused by name. */
  readonly now?: readonly string[];
}

const rangeFinders =
  /^(minmax|tf_enhanced|tf_enhanced_v1|sqnr|percentile:\d+(\.\d+)?|mse|entropy)$/;

const knownFinders =
  'one of minmax, sqnr, mse, entropy, percentile:P (P over 50, up to 100), tf_enhanced, tf_enhanced_v1';

/** How samples are named, and which they are where nobody says. */
const fromTo = ', from A up to before B (dealt by --seed, alike for each label)';

export const optionSpecs: readonly OptionSpec[] = [
  {
    name: 'json',
    takes: '[FILE]',
    about: 'JSON to standard output, or to FILE, named behind the model',
  },
  {
    name: 'output',
    short: 'o',
    takes: 'FILE',
    about: 'where the model goes; an existing file is refused without --force',
    aboutIn: {
      run: 'where the outputs go: .npz or .json; an existing file is refused without --force',
      encodings: 'where the encodings go; an existing file is refused without --force',
      calibrate: 'where the encodings go; an existing file is refused without --force',
    },
    verbs: writers,
  },
  { name: 'in-place', about: 'write over the model itself', verbs: corrections },
  {
    name: 'force',
    about: 'replace an existing file',
    verbs: writers,
  },
  {
    name: 'to',
    takes: 'onnx|qdq',
    about: 'format to export to: onnx, or qdq, quantized for the target (onnx)',
    verbs: ['export'],
  },
  { name: 'bits', takes: 'N', about: 'bits of the weights, 2 to 16 (8)', verbs: targetVerbs },
  {
    name: 'activation-bits',
    takes: 'N',
    about: 'bits of the activations, 2 to 16 or float (8)',
    verbs: targetVerbs,
  },
  {
    name: 'granularity',
    takes: 'tensor|channel',
    about: 'one scale for a whole weight, or one for each output channel (channel)',
    verbs: targetVerbs,
  },
  {
    name: 'symmetry',
    takes: 'symmetric|strict|unsigned|asymmetric',
    about:
      'grid of the weights: about 0, strict without its lowest value; unsigned or asymmetric with a zero point (symmetric)',
    verbs: targetVerbs,
  },
  { name: 'power-of-two', about: 'scales are powers of two', verbs: targetVerbs },
  {
    name: 'target',
    takes: 'NAME|FILE',
    about:
      'built-in target, listed below, or a quantsim configuration (.json); sets bits, granularity, symmetry and scales (default)',
    verbs: targetVerbs,
  },
  {
    name: 'range',
    takes: 'FINDER',
    about:
      'range finder of the weights: minmax, sqnr, mse, entropy, percentile:P, tf_enhanced[_v1] (minmax)',
    verbs: targetVerbs,
    values: rangeFinders,
    known: knownFinders,
  },
  {
    name: 'activation-range',
    takes: 'FINDER',
    about: 'range finder of the activations, the same ones (sqnr)',
    verbs: targetVerbs,
    values: rangeFinders,
    known: knownFinders,
  },
  {
    name: 'activation-symmetry',
    takes: 'KIND',
    about: 'grid of the activations, the same kinds (asymmetric)',
    verbs: targetVerbs,
    values: /^(symmetric|strict|unsigned|asymmetric)$/,
    known: 'symmetric, strict, unsigned or asymmetric',
  },
  {
    name: 'bias-bits',
    takes: '8|16|32|float',
    about: 'bits of the biases (32)',
    verbs: targetVerbs,
    values: /^(8|16|32|float)$/,
  },
  {
    name: 'rounding',
    takes: 'nearest|stochastic',
    about: 'how values are rounded (nearest)',
    verbs: targetVerbs,
    values: /^(nearest|stochastic)$/,
  },
  {
    name: 'simulate',
    takes: 'float|integer',
    about: 'by float operators, or with integer kernels of the runtime (float)',
    verbs: targetVerbs,
    values: /^(float|integer)$/,
  },
  {
    name: 'metric',
    takes: 'sqnr|logits|top1|top5|mse|cosine',
    about:
      'what repair judges by: signal to rounding noise of the outputs (sqnr) or of what comes before a last Softmax or Sigmoid (logits), share of right answers (top1, top5), mse, cosine (logits where there are some, else sqnr; without data sqnr of the weights)',
    verbs: ['analyze', 'repair', 'evaluate'],
    values: /^(sqnr|logits|top1|top5|mse|cosine)$/,
  },
  {
    name: 'fail-on',
    takes: 'RULE',
    about:
      'exit 1 on a figure: sqnr<DB, logits<DB, top1<SHARE, top5<SHARE, agreement<SHARE; or on what is said on the way: error, warning, info (or graver), any',
    aboutIn: {
      analyze:
        'exit 1 on a finding: its code such as weak-layer, its severity (error, warning, info) or graver, any; or on the weights of a layer, batch norms folded: sqnr<DB',
      sensitivity:
        'exit 1 where a layer quantized alone leaves the outputs less than sqnr<DB; or on what is said on the way: error, warning, info (or graver), any',
    },
    verbs: ['analyze', ...judgedVerbs],
  },
  {
    name: 'report',
    takes: 'FILE.html',
    about:
      'what was wrong, what was done and how it was proved as one page; FILE.json: all of it as data; FILE.csv: the table of layers alone',
    aboutIn: {
      compare:
        'what differs and what that does to both on the target, as one page; FILE.json: all of it as data; FILE.csv: a row for each layer',
    },
    verbs: reporters,
  },
  {
    name: 'charts',
    takes: 'FOLDER',
    about:
      'every chart of the report as a file of its own, such as weight-ranges.svg; the folder is made where it is missing',
    verbs: reporters,
  },
  {
    name: 'charts-as',
    takes: 'svg|png',
    about: 'what --charts writes; png has two pixels for one (svg)',
    verbs: reporters,
    values: /^(svg|png)$/,
  },
  {
    name: 'data',
    takes: 'PATH',
    about: 'samples: folder of images, .npz, .npy, .csv, .pb, TFRecord, raw, synthetic[:SEED]',
    verbs: sampleVerbs,
  },
  {
    name: 'labels',
    takes: 'PATH',
    about:
      'one integer a sample (.npy, .csv, text); for images also file names and labels; an .npz may have them as y or labels',
    verbs: sampleVerbs,
  },
  {
    name: 'preprocess',
    takes: 'JSON|FILE',
    about:
      'how pictures become inputs: size, resize, crop, colour, layout, scale, mean, std; of other numbers scale, mean and std',
    verbs: sampleVerbs,
  },
  {
    name: 'dims',
    takes: 'NAME=SIZE,...',
    about: 'sizes of the dimensions that the model leaves open',
    verbs: sampleVerbs,
  },
  ...[
    { name: 'calibration', about: `which samples the ranges are found on${fromTo}` },
    { name: 'correction', about: `which samples the biases are corrected on${fromTo}` },
    { name: 'judge', about: `which samples are judged by${fromTo}` },
  ].map(({ name, about }) => ({
    name,
    takes: 'A..B',
    about,
    verbs: sampleVerbs,
    values: /^\d+\.\.\d+$/,
  })),
  { name: 'batch', takes: 'N', about: 'samples fed at a time (1)', verbs: sampleVerbs },
  {
    name: 'reference',
    takes: 'FILE',
    about: 'the model whose float outputs count as the truth (the model itself)',
    verbs: ['evaluate', 'measure', 'sensitivity', 'compare'],
  },
  {
    name: 'check',
    takes: 'FILE',
    about: 'hold this file of encodings against the model and target; exit 1 on an error',
    verbs: ['encodings'],
  },
  {
    name: 'encodings',
    takes: 'FILE',
    about: 'take the encodings of this file as they are, and calibrate the rest',
    verbs: ['encodings', 'calibrate', 'measure', 'sensitivity', 'evaluate', 'export'],
  },
  {
    name: 'encodings-version',
    takes: 'V',
    about:
      'only this version: 0.6.1, 1.0.0, 2.0.0, 2.1.0 (1.0.0, and 2.0.0 beside it at FILE.v2.encodings)',
    verbs: ['encodings', 'calibrate'],
    values: /^(0\.6\.1|1\.0\.0|2\.0\.0|2\.1\.0)$/,
    known: 'one of 0.6.1, 1.0.0, 2.0.0, 2.1.0',
  },
  {
    name: 'outputs',
    takes: 'a,b',
    about: 'correct the biases up to these values',
    aboutIn: { run: 'only these values, intermediate ones too' },
    verbs: ['run', 'correct', 'repair'],
  },
  {
    name: 'start',
    takes: 'a,b',
    about: 'correct the biases from these nodes or values on',
    verbs: ['correct', 'repair'],
  },
  {
    name: 'layers',
    takes: 'a,b',
    about: 'only these layers; the names are those of analyze',
    verbs: ['analyze', ...corrections, 'measure', 'sensitivity'],
  },
  {
    name: 'ignore',
    takes: 'a,b',
    about: 'not these layers',
    verbs: ['analyze', ...corrections, 'measure', 'sensitivity'],
  },
  {
    name: 'pairs',
    takes: 'a:b,...',
    about: 'only these pairs',
    verbs: ['fold', 'equalize', 'absorb'],
  },
  { name: 'sets', takes: 'a,b;b,c', about: 'only these sets', verbs: ['equalize'] },
  { name: 'sets-as', takes: 'ours|aimet', about: 'how sets are found (ours)', verbs: ['equalize'] },
  {
    name: 'passes',
    takes: 'N|converge',
    about: 'passes over the sets, or until they change nothing (1)',
    aboutIn: { repair: 'passes over the sets, or until they change nothing (what fares best)' },
    verbs: ['equalize', 'repair'],
  },
  {
    name: 'relu6',
    takes: 'keep|relu|cap',
    about:
      'ReLU6 between layers: leave them alone (keep), drop the bound, which is not exact (relu), or bound each channel by itself (cap)',
    verbs: ['equalize', 'repair'],
  },
  { name: 'no-fold', about: 'do not fold batch norms first', verbs: ['equalize', 'absorb'] },
  { name: 'no-clear', about: 'do not clear dead channels first', verbs: ['equalize'] },
  {
    name: 'allow-border-effect',
    about: 'absorb also where padding moves the border of the output',
    verbs: ['absorb'],
  },
  {
    name: 'allowed-change',
    takes: 'X',
    about: 'share of an output that absorbing may move it by (0.01)',
    verbs: ['absorb'],
  },
  {
    name: 'steps',
    takes: 'a,b',
    about: 'steps to take (fold,clear,equalize,absorb; with samples also correct)',
    verbs: ['repair'],
  },
  {
    name: 'method',
    takes: 'empirical|mixed|analytical|given|none',
    about:
      'where the errors come from: samples (empirical), the batch norms (analytical), the batch norms where they tell, else samples (mixed), --input-mean (given), or leave all as it is (none) (empirical)',
    aboutIn: {
      repair:
        'where the errors come from: samples (empirical), the batch norms (analytical), the batch norms where they tell, else samples (mixed), or leave all as it is (none) (empirical)',
    },
    verbs: ['correct', 'repair'],
  },
  {
    name: 'input-mean',
    takes: 'FILE.npz',
    about: 'for --method given: the mean of each input channel, under the name of its layer',
    verbs: ['correct'],
  },
  {
    name: 'quantize-activations',
    about: 'measure errors with the activations rounded too',
    verbs: ['correct', 'repair'],
  },
  { name: 'remove', about: 'bring back the biases from before', verbs: ['correct'] },
  {
    name: 'no-stop-rule',
    about: 'keep every step, also one that does not help',
    verbs: ['repair'],
  },
  {
    name: 'no-proof',
    about: 'do not run the network before and after to prove each change',
    verbs: corrections,
  },
  {
    name: 'seed',
    takes: 'N',
    about: 'of generated inputs, and of the order in which samples are dealt (1)',
    verbs: [...corrections, ...sampleVerbs],
  },
  {
    name: 'threads',
    takes: 'N',
    about: 'threads of the engine (all cores but one)',
    verbs: [...corrections, ...sampleVerbs],
  },
  {
    name: 'engine',
    takes: 'auto|onnxruntime|tfjs',
    about: 'what runs the network (auto: onnxruntime, tfjs for layers that only it knows)',
    verbs: [...corrections, ...sampleVerbs],
  },
  {
    name: 'compare-engines',
    about: 'run in onnxruntime and tfjs, and compare every layer; exit 1 where they differ',
    verbs: ['run'],
  },
  { name: 'quiet', about: 'errors only' },
  {
    name: 'verbose',
    about: 'what the engine says, and every place that was left alone',
    aboutIn: { analyze: 'histograms and the range of each channel, in the JSON' },
  },
  { name: 'no-color', about: 'accepted; the output has no colours anyway' },
  { name: 'version', about: 'print the version' },
  { name: 'help', short: 'h', about: 'print help; each verb has its own' },
];

/** Options of the contract that a later version understands: refused by name, not as unknown. */
export const laterOptions: ReadonlySet<string> = new Set(['memory']);
