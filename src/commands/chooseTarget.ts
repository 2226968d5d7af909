import type { TargetChoice } from '../../server/protocol/requests.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import type { Choice, Host } from '../host.ts';
import { modelOr, type Command } from './command.ts';

/** Asks what the hardware can do, and measures the model for it. */
export const chooseTarget: Command = {
  id: 'rangefinder.chooseTarget',
  async run(host) {
    const model = await modelOr(host);
    if (!model?.state) return;
    const now = model.state.target;
    const next = await host.choose('Choose Target', targetChoices(now, await host.targets()));
    const target = typeof next === 'string' ? await changePart(host, now, next) : next;
    if (target) await model.setTarget(target);
  },
};

type Part = 'bits' | 'granularity' | 'symmetry' | 'scales' | 'caps';

/** The first list: built-in targets, then the parts of the present one. */
export function targetChoices(
  now: TargetSettings,
  profiles: readonly TargetChoice[],
): Choice<TargetSettings | Part>[] {
  const built = profiles.map(({ title, detail, target }) => {
    const isNow = target.profile === now.profile;
    const bits = gridInWords(target);
    const description = isNow ? `${bits} · now` : bits;
    return { label: title, detail, description, value: target, isCurrent: isNow };
  });
  const part = (label: string, description: string, value: Part): Choice<Part> => ({
    label,
    description,
    value,
  });
  return [
    ...built,
    part('Weight bits…', String(now.weightBits), 'bits'),
    part(
      'Granularity…',
      now.granularity === 'channel' ? 'per channel' : 'per tensor',
      'granularity',
    ),
    part('Symmetry…', now.symmetry, 'symmetry'),
    part('Scales…', now.isPowerOfTwo ? 'powers of two' : 'any', 'scales'),
    part('Per-channel upper bounds…', now.fusesChannelCaps ? 'fused' : 'cost a node', 'caps'),
  ];
}

/** `W8 A8 · per channel · symmetric`. */
function gridInWords({
  weightBits,
  activationBits,
  granularity,
  symmetry,
}: TargetSettings): string {
  return `W${weightBits} A${activationBits} · per ${granularity} · ${symmetry}`;
}

async function changePart(
  host: Host,
  now: TargetSettings,
  part: Part,
): Promise<TargetSettings | undefined> {
  const change = await host.choose(partTitles[part], partChoices[part]);
  return change && { ...now, ...change, profile: 'custom' };
}

type Change = Partial<TargetSettings>;

const partTitles: Readonly<Record<Part, string>> = {
  bits: 'Weight Bits',
  granularity: 'Granularity of the Weights',
  symmetry: 'Symmetry of the Weights',
  scales: 'Scales',
  caps: 'Per-Channel Upper Bounds',
};

const bitCounts = [8, 4, 16, ...[2, 3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15]];

const partChoices: Readonly<Record<Part, readonly Choice<Change>[]>> = {
  bits: bitCounts.map((weightBits) => ({ label: `${weightBits} bits`, value: { weightBits } })),
  granularity: [
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
  symmetry: [
    {
      label: 'Symmetric',
      detail: 'At 8 bits −128 to 127, zero point 0.',
      value: { symmetry: 'symmetric' },
    },
    {
      label: 'Strictly symmetric',
      detail: 'At 8 bits −127 to 127, zero point 0.',
      value: { symmetry: 'strict' },
    },
    {
      label: 'Unsigned where possible',
      detail: 'At 8 bits 0 to 255 where no weight is negative.',
      value: { symmetry: 'unsigned' },
    },
    { label: 'Asymmetric', detail: 'With a zero point.', value: { symmetry: 'asymmetric' } },
  ],
  scales: [
    { label: 'Any scale', value: { isPowerOfTwo: false } },
    { label: 'Powers of two', detail: 'Rescaling is a shift.', value: { isPowerOfTwo: true } },
  ],
  caps: [
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
};
