import type { RangeMethod, TargetSettings } from '../../server/protocol/target.ts';
import type { Choice } from '../host.ts';
import { t } from '../l10n.ts';

type Change = Partial<TargetSettings>;

/** One thing that a target says, and what it may be. */
export interface TargetPart {
  readonly label: string;
  /** Title of the list of choices. */
  readonly title: string;
  /** What the target has now, in words. */
  readonly now: (target: TargetSettings) => string;
  readonly choices: readonly Choice<Change>[];
}

const bitCounts = [8, 4, 16, ...[2, 3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15]];

const symmetryOf = (
  part: 'symmetry' | 'activationSymmetry',
  unsigned: string,
): readonly Choice<Change>[] => [
  {
    label: t('Symmetric'),
    detail: t('At 8 bits −128 to 127, zero point 0.'),
    value: { [part]: 'symmetric' },
  },
  {
    label: t('Strictly symmetric'),
    detail: t('At 8 bits −127 to 127, zero point 0.'),
    value: { [part]: 'strict' },
  },
  { label: t('Unsigned where possible'), detail: unsigned, value: { [part]: 'unsigned' } },
  { label: t('Asymmetric'), detail: t('With a zero point.'), value: { [part]: 'asymmetric' } },
];

const rangeWords: readonly (readonly [method: RangeMethod, label: string, detail: string])[] = [
  ['minmax', t('Min-max'), t('From the least to the greatest value.')],
  ['sqnr', t('Highest SQNR'), t('Cuts off what costs more than it brings, on a fine histogram.')],
  ['mse', t('Least squared error'), t('Cuts off where the mean squared error is least.')],
  ['entropy', t('Entropy'), t('Cuts off where the distribution changes least.')],
  ['percentile:99.99', t('Percentile 99.99'), t('Cuts 0.01 percent off each end.')],
  ['percentile:99.9', t('Percentile 99.9'), t('Cuts 0.1 percent off each end.')],
  ['tf_enhanced', t('AIMET tf_enhanced'), t('As AIMET has it today.')],
  ['tf_enhanced_v1', t('AIMET tf_enhanced, version 1'), t('As AIMET had it.')],
];

const rangesOf = (part: 'weightRange' | 'activationRange'): readonly Choice<Change>[] =>
  rangeWords.map(([method, label, detail]) => ({ label, detail, value: { [part]: method } }));

const rangeLabel = (method: RangeMethod): string =>
  rangeWords.find(([known]) => known === method)?.[1].toLowerCase() ?? method.replace(':', ' ');

/** Granularities in words. */
export const perWord = { channel: t('per channel'), tensor: t('per tensor') } as const;
/** Symmetries in words. */
export const symmetryWords: Readonly<Record<TargetSettings['symmetry'], string>> = {
  symmetric: t('symmetric'),
  strict: t('strict'),
  unsigned: t('unsigned'),
  asymmetric: t('asymmetric'),
};
const biasWords = {
  8: t('8 bits'),
  16: t('16 bits'),
  32: t('32 bits'),
  float: t('float'),
} as const;

/** Every part of a target that can be chosen, in the order of the list. */
export const targetParts: readonly TargetPart[] = [
  {
    label: t('Weight bits…'),
    title: t('Weight bits'),
    now: ({ weightBits }) => String(weightBits),
    choices: bitCounts.map((weightBits) => ({
      label: t('{0} bits', weightBits),
      value: { weightBits },
    })),
  },
  {
    label: t('Activation bits…'),
    title: t('Activation bits'),
    now: ({ activationBits }) => (activationBits === 'float' ? t('float') : String(activationBits)),
    choices: [
      {
        label: t('Float'),
        detail: t('Only weights are rounded.'),
        value: { activationBits: 'float' },
      },
      ...bitCounts.map((activationBits) => ({
        label: t('{0} bits', activationBits),
        value: { activationBits },
      })),
    ],
  },
  {
    label: t('Granularity…'),
    title: t('Granularity of the weights'),
    now: ({ granularity }) => perWord[granularity],
    choices: [
      {
        label: t('Per channel'),
        detail: t('One scale for each output channel.'),
        value: { granularity: 'channel' },
      },
      {
        label: t('Per tensor'),
        detail: t('One scale for the whole weight.'),
        value: { granularity: 'tensor' },
      },
    ],
  },
  {
    label: t('Symmetry…'),
    title: t('Symmetry of the weights'),
    now: ({ symmetry }) => symmetryWords[symmetry],
    choices: symmetryOf('symmetry', t('At 8 bits 0 to 255 where no weight is negative.')),
  },
  {
    label: t('Activation symmetry…'),
    title: t('Symmetry of the activations'),
    now: ({ activationSymmetry }) => symmetryWords[activationSymmetry],
    choices: symmetryOf('activationSymmetry', t('At 8 bits 0 to 255 where nothing is negative.')),
  },
  {
    label: t('Weight ranges…'),
    title: t('How the range of a weight is found'),
    now: ({ weightRange }) => rangeLabel(weightRange),
    choices: rangesOf('weightRange'),
  },
  {
    label: t('Activation ranges…'),
    title: t('How the range of an activation is found'),
    now: ({ activationRange }) => rangeLabel(activationRange),
    choices: rangesOf('activationRange'),
  },
  {
    label: t('Scales…'),
    title: t('Scales'),
    now: ({ isPowerOfTwo }) => (isPowerOfTwo ? t('powers of two') : t('any')),
    choices: [
      { label: t('Any scale'), value: { isPowerOfTwo: false } },
      {
        label: t('Powers of two'),
        detail: t('Rescaling is a shift.'),
        value: { isPowerOfTwo: true },
      },
    ],
  },
  {
    label: t('Biases…'),
    title: t('Biases'),
    now: ({ biasBits }) => biasWords[biasBits],
    choices: [
      {
        label: t('32 bits'),
        detail: t('As good as float unless they overflow.'),
        value: { biasBits: 32 },
      },
      { label: t('16 bits'), detail: t('On a scale of their own.'), value: { biasBits: 16 } },
      { label: t('8 bits'), detail: t('On a scale of their own.'), value: { biasBits: 8 } },
      { label: t('Float'), value: { biasBits: 'float' } },
    ],
  },
  {
    label: t('Rounding…'),
    title: t('Rounding'),
    now: ({ rounding }) => (rounding === 'nearest' ? t('to nearest') : t('stochastic')),
    choices: [
      { label: t('To nearest'), detail: t('Halves to even.'), value: { rounding: 'nearest' } },
      {
        label: t('Stochastic'),
        detail: t('Up or down by chance, seeded.'),
        value: { rounding: 'stochastic' },
      },
    ],
  },
  {
    label: t('Simulation…'),
    title: t('How quantization is simulated'),
    now: ({ simulation }) => (simulation === 'float' ? t('in float') : t('integer kernels')),
    choices: [
      {
        label: t('In float'),
        detail: t('Ordinary operators, any bit width.'),
        value: { simulation: 'float' },
      },
      {
        label: t('Integer kernels'),
        detail: t('Those of the runtime, 8 bits only.'),
        value: { simulation: 'integer' },
      },
    ],
  },
  {
    label: t('Per-channel upper bounds…'),
    title: t('Upper bounds per channel'),
    now: ({ fusesChannelCaps }) => (fusesChannelCaps ? t('fused') : t('cost a node')),
    choices: [
      {
        label: t('Cost a node'),
        detail: t('A Min with one constant a channel stays a node of its own.'),
        value: { fusesChannelCaps: false },
      },
      {
        label: t('Fused'),
        detail: t('The runtime merges it into the layer before.'),
        value: { fusesChannelCaps: true },
      },
    ],
  },
];
