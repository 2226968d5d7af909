import type { Compared, Standing } from '../session/compareSides.ts';
import type { Session } from '../session/session.ts';

/** What two sides are called where there is little room; of two long names what they do not share. */
export function comparisonHeads(
  session: Session,
  sides: Compared['sides'],
): readonly [string, string] {
  const [first, second] = sides.map((one) => nameOf(session, one)) as [string, string];
  return headsOf(first, second);
}

/** The names as they are where they fit, else what they do not share, else without their middle. */
export function headsOf(first: string, second: string): readonly [string, string] {
  const shared = sharedLength(first, second);
  const tries = [
    [first, second],
    [`…${first.slice(shared)}`, `…${second.slice(shared)}`],
    [shortened(first), shortened(second)],
  ] as const;
  const isFine = ([one, other]: readonly [string, string]): boolean =>
    one !== other && Math.max(one.length, other.length) <= mostOfHead;
  return tries.find(isFine) ?? ['first', 'second'];
}

const mostOfHead = 18;

/** Both ends of a name tell it from others. */
const shortened = (name: string): string =>
  name.length > mostOfHead ? `${name.slice(0, 6)}…${name.slice(7 - mostOfHead)}` : name;

/** Of a revision its name, else the file's; of a state of the model what it is called there. */
function nameOf({ state, kind, name }: Session, { side }: Standing): string {
  if (side.kind === 'other') return side.revision ?? side.title;
  if (kind === 'quantized') return name;
  return { float: 'float', opened: 'as opened', now: state.preview ? 'would be' : 'now' }[
    side.kind
  ];
}

/** How much both begin with, up to a word. */
function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return Math.max(0, one.slice(0, length).search(/[_./\s-][^_./\s-]*$/) + 1);
}
