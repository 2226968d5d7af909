import type { Uri } from 'vscode';

/** What of an address tells a side. */
type Address = Pick<Uri, 'scheme' | 'path' | 'toString'>;

/** The two models of a diff. */
export interface DiffSides<U extends Address = Uri> {
  readonly original: U;
  readonly modified: U;
  /** Nothing tells which of them is which. */
  readonly isGuess?: boolean;
}

/**
 * Which of the two models that are seen in one group is the original. A diff of custom editors does
 * not say it: it shows in `primary`, the side that its menus are about; in which of them is a file of
 * the disk; or in the label of the tab, `old.onnx ↔ new.onnx`.
 */
export function diffSidesOf<U extends Address>(
  seen: readonly U[],
  label: string,
  primary?: U,
): DiffSides<U> | undefined {
  const [first, second] = seen;
  if (!first || !second || seen.length > 2) return undefined;
  const inOrder = { original: first, modified: second };
  const reversed = { original: second, modified: first };
  for (const isModified of [
    (uri: U) => uri.toString() === primary?.toString(),
    ({ scheme }: U) => scheme === 'file',
  ]) {
    if (isModified(first) !== isModified(second)) return isModified(first) ? reversed : inOrder;
  }
  const isInOrder = isLabelOf(label, first, second);
  if (isInOrder !== isLabelOf(label, second, first)) return isInOrder ? inOrder : reversed;
  return { ...inOrder, isGuess: true };
}

const isLabelOf = (label: string, left: Address, right: Address): boolean =>
  label.startsWith(`${nameOf(left)} `) && label.endsWith(` ${nameOf(right)}`);

const nameOf = ({ path }: Address): string => path.slice(path.lastIndexOf('/') + 1);
