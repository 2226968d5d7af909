import { activityWords } from '../../../server/protocol/activity.ts';
import type { ModelState, ProofState } from '../../../server/protocol/model.ts';
import type { TargetSettings } from '../../../server/protocol/target.ts';
import type { GlyphName } from '../../kit/glyphs.ts';
import { count, plural, range } from '../../kit/numbers.ts';

/** What a proof says, in a glyph and words. */
export interface ProofVerdict {
  readonly glyph: GlyphName;
  readonly text: string;
  readonly isBad: boolean;
}

/** `exact`, `moved by 1.2e−6`, `not exercised`, `unavailable`, `rolled back`. */
export function proofVerdict(proof: ProofState): ProofVerdict {
  if (proof.rolledBack !== undefined) return { glyph: 'worse', text: 'rolled back', isBad: true };
  if (proof.unavailable !== undefined)
    return { glyph: 'refused', text: 'unavailable', isBad: false };
  if (!proof.exercised) return { glyph: 'refused', text: 'not exercised', isBad: false };
  if (proof.exact) return { glyph: 'done', text: 'exact', isBad: false };
  return { glyph: 'available', text: `moved by ${range(proof.maxAbs)}`, isBad: false };
}

/** What happened, in one sentence. */
export function proofInWords(proof: ProofState): string {
  if (proof.rolledBack !== undefined) return proof.rolledBack;
  if (proof.unavailable !== undefined) return proof.unavailable;
  if (proof.note !== undefined)
    return `${plural(proof.samples, 'sample')}, ${proof.source}. ${proof.note}`;
  const probes = `${plural(proof.samples, 'probe')}, ${proof.source}`;
  if (!proof.exercised) return `No changed channel gave a signal on ${probes}.`;
  return [`${probes}.`, ...activityWords(proof, count), ...float32InWords(proof)].join(' ');
}

function float32InWords({ float32 }: ProofState): string[] {
  if (!float32) return [];
  if ('unavailable' in float32) return [`Not tried in float32: ${float32.unavailable}`];
  const by =
    float32.maxRel === 0 ? 'the same to the last bit' : `moved by ${range(float32.maxRel)}`;
  return [`In float32: ${by} (allowed ${range(float32.tolerance)}).`];
}

/** A line of what everything was measured with. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  /** What only who does it again wants to read. */
  readonly list?: string;
}

/** Largest changes, settings, probes and samples: what somebody needs who checks it. */
export function factsOf({ proofs, target, data }: ModelState): Fact[] {
  const exact = proofs.filter((one) => one.exact && one.rolledBack === undefined && isStep(one));
  const steps = exact.map(({ step }) => step);
  const after = `after ${inWords(steps)}, at most`;
  const [first] = proofs.filter(({ note }) => note === undefined);
  return [
    ...(exact.length > 0
      ? [
          { name: 'Largest change of outputs', value: range(sumOf(exact, 'output')), note: after },
          ...(exact.some(({ values }) => values.some(({ kind }) => kind === 'logits'))
            ? [
                {
                  name: 'Largest change of logits',
                  value: range(sumOf(exact, 'logits')),
                  note: after,
                },
              ]
            : []),
        ]
      : []),
    ...(first
      ? [
          {
            name: 'Probes',
            value: count(first.samples),
            note: `${first.source}, the same for each step`,
          },
        ]
      : []),
    { name: 'Settings', ...settingsInWords(target) },
    ...(data
      ? [
          {
            name: 'Samples',
            value: data.label,
            note: data.split ?? '',
            ...(data.ranges === undefined ? {} : { list: data.ranges }),
          },
        ]
      : []),
  ];
}

const isStep = ({ step }: ProofState): boolean => !step.startsWith('All steps');

/** What the steps move values of a kind by, one on top of the other. */
const sumOf = (proofs: readonly ProofState[], kind: string): number =>
  proofs.reduce((sum, { values, maxAbs }) => {
    const own = values.filter((value) => value.kind === kind);
    const most = own.reduce((largest, value) => Math.max(largest, value.maxAbs), 0);
    return sum + (own.length === 0 && kind === 'output' ? maxAbs : most);
  }, 0);

const inWords = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

function settingsInWords(target: TargetSettings): Omit<Fact, 'name'> {
  const { weightBits, activationBits, granularity, symmetry, weightRange, rounding } = target;
  const scales = target.isPowerOfTwo ? ', scales are powers of two' : '';
  const weights = `weights per ${granularity}, ${symmetryWords[symmetry]}, ${weightRange}${scales}`;
  const activations =
    activationBits === 'float'
      ? 'activations in float'
      : `activations per tensor, ${symmetryWords[target.activationSymmetry]}, ${target.activationRange}`;
  const biases = target.biasBits === 'float' ? 'biases in float' : `biases ${target.biasBits} bits`;
  const half = rounding === 'nearest' ? 'rounding half to even' : 'stochastic rounding';
  return {
    value: `W${weightBits} A${activationBits === 'float' ? ' float' : activationBits}`,
    note: [weights, activations, biases, half].join('; '),
  };
}

const symmetryWords = {
  symmetric: 'symmetric',
  strict: 'strict symmetric',
  unsigned: 'unsigned symmetric',
  asymmetric: 'asymmetric',
} as const;
