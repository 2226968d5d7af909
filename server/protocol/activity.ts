import type { ProofState } from './model.ts';

/**
 * How much of the change the probes could see; empty where no changed activation was compared.
 * `count` writes a number as the reader's side does.
 */
export function activityWords(
  { activeChannels: active, changedChannels: all }: Activity,
  count: (many: number) => string,
): string[] {
  if (active === undefined || all === undefined || all === 0) return [];
  if (active === all) {
    return [
      all === 1
        ? 'The changed channel gave a signal.'
        : `All ${count(all)} changed channels gave a signal.`,
    ];
  }
  const changed = all === 1 ? '1 changed channel' : `${count(all)} changed channels`;
  const rest =
    all - active === 1
      ? 'the other stayed constant and was'
      : 'the others stayed constant and were';
  return [`${count(active)} of ${changed} gave a signal; ${rest} not tested.`];
}

type Activity = Pick<ProofState, 'activeChannels' | 'changedChannels'>;
