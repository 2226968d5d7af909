import type { RangeMethod, TargetSettings } from '../../server/protocol/target.ts';
import type { Choice } from '../host.ts';

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
    label: 'Symmetric',
    detail: 'At 8 bits −128 to 127, zero point 0.',
    value: { [part]: 'symmetric' },
  },
  {
    label: 'Strictly symmetric',
    detail: 'At 8 bits −127 to 127, zero point 0.',
    value: { [part]: 'strict' },
  },
  { label: 'Unsigned where possible', detail: unsigned, value: { [part]: 'unsigned' } },
  { label: 'Asymmetric', detail: 'With a zero point.', value: { [part]: 'asymmetric' } },
];

const rangeWords: readonly (readonly [method: RangeMethod, label: string, detail: string])[] = [
  ['minmax', 'Min-max', 'From the least to the greatest value.'],
  ['sqnr', 'Highest SQNR', 'Cuts off what costs more than it brings, on a fine histogram.'],
  ['mse', 'Least squared error', 'Cuts off where the mean squared error is least.'],
  ['entropy', 'Entropy', 'Cuts off where the distribution changes least.'],
  ['percentile:99.99', 'Percentile 99.99', 'Cuts 0.01 percent off each end.'],
  ['percentile:99.9', 'Percentile 99.9', 'Cuts 0.1 percent off each end.'],
  ['tf_enhanced', 'AIMET tf_enhanced', 'As AIMET has it today.'],
  ['tf_enhanced_v1', 'AIMET tf_enhanced, version 1', 'As AIMET had it.'],
];

const rangesOf = (part: 'weightRange' | 'activationRange'): readonly Choice<Change>[] =>
  rangeWords.map(([method, label, detail]) => ({ label, detail, value: { [part]: method } }));

const rangeLabel = (method: RangeMethod): string =>
  rangeWords.find(([known]) => known === method)?.[1].toLowerCase() ?? method.replace(':', ' ');

const perWord = { channel: 'per channel', tensor: 'per tensor' } as const;
const biasWords = { 8: '8 bits', 16: '16 bits', 32: '32 bits', float: 'float' } as const;

/** Every part of a target that can be chosen, in the order of the list. */
export const targetParts: readonly TargetPart[] = [
  {
    label: 'Weight bits…',
    title: 'Weight Bits',
    now: ({ weightBits }) => String(weightBits),
    choices: bitCounts.map((weightBits) => ({
      label: `${weightBits} bits`,
      value: { weightBits },
    })),
  },
  {
    label: 'Activation bits…',
    title: 'Activation Bits',
    now: ({ activationBits }) => String(activationBits),
    choices: [
      { label: 'Float', detail: 'Only weights are rounded.', value: { activationBits: 'float' } },
      ...bitCounts.map((activationBits) => ({
        label: `${activationBits} bits`,
        value: { activationBits },
      })),
    ],
  },
  {
    label: 'Granularity…',
    title: 'Granularity of the Weights',
    now: ({ granularity }) => perWord[granularity],
    choices: [
      {
        label: 'Per channel',
        detail: 'One scale for each output channel.',
        value: { granularity: 'channel' },
      },
      {
        label: 'Per tensor',
        detail: 'One scale for the whole weight.',
        value: { granularity: 'tensor' },
      },
    ],
  },
  {
    label: 'Symmetry…',
    title: 'Symmetry of the Weights',
    now: ({ symmetry }) => symmetry,
    choices: symmetryOf('symmetry', 'At 8 bits 0 to 255 where no weight is negative.'),
  },
  {
    label: 'Activation symmetry…',
    title: 'Symmetry of the Activations',
    now: ({ activationSymmetry }) => activationSymmetry,
    choices: symmetryOf('activationSymmetry', 'At 8 bits 0 to 255 where nothing is negative.'),
  },
  {
    label: 'Weight ranges…',
    title: 'How the Range of a Weight Is Found',
    now: ({ weightRange }) => rangeLabel(weightRange),
    choices: rangesOf('weightRange'),
  },
  {
    label: 'Activation ranges…',
    title: 'How the Range of an Activation Is Found',
    now: ({ activationRange }) => rangeLabel(activationRange),
    choices: rangesOf('activationRange'),
  },
  {
    label: 'Scales…',
    title: 'Scales',
    now: ({ isPowerOfTwo }) => (isPowerOfTwo ? 'powers of two' : 'any'),
    choices: [
      { label: 'Any scale', value: { isPowerOfTwo: false } },
      { label: 'Powers of two', detail: 'Rescaling is a shift.', value: { isPowerOfTwo: true } },
    ],
  },
  {
    label: 'Biases…',
    title: 'Biases',
    now: ({ biasBits }) => biasWords[biasBits],
    choices: [
      {
        label: '32 bits',
        detail: 'As good as float unless they overflow.',
        value: { biasBits: 32 },
      },
      { label: '16 bits', detail: 'On a scale of their own.', value: { biasBits: 16 } },
      { label: '8 bits', detail: 'On a scale of their own.', value: { biasBits: 8 } },
      { label: 'Float', value: { biasBits: 'float' } },
    ],
  },
  {
    label: 'Rounding…',
    title: 'Rounding',
    now: ({ rounding }) => (rounding === 'nearest' ? 'to nearest' : 'stochastic'),
    choices: [
      { label: 'To nearest', detail: 'Halves to even.', value: { rounding: 'nearest' } },
      {
        label: 'Stochastic',
        detail: 'Up or down by chance, seeded.',
        value: { rounding: 'stochastic' },
      },
    ],
  },
  {
    label: 'Simulation…',
    title: 'How Quantization Is Simulated',
    now: ({ simulation }) => (simulation === 'float' ? 'in float' : 'integer kernels'),
    choices: [
      {
        label: 'In float',
        detail: 'Ordinary operators, any bit width.',
        value: { simulation: 'float' },
      },
      {
        label: 'Integer kernels',
        detail: 'Those of the runtime, 8 bits only.',
        value: { simulation: 'integer' },
      },
    ],
  },
  {
    label: 'Per-channel upper bounds…',
    title: 'Per-Channel Upper Bounds',
    now: ({ fusesChannelCaps }) => (fusesChannelCaps ? 'fused' : 'cost a node'),
    choices: [
      {
        label: 'Cost a node',
        detail: 'A Min with one constant a channel stays a node of its own.',
        value: { fusesChannelCaps: false },
      },
      {
        label: 'Fused',
        detail: 'The runtime merges it into the layer before.',
        value: { fusesChannelCaps: true },
      },
    ],
  },
];
