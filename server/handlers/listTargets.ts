import { targetProfiles } from '../core/quant/targets.ts';
import type { TargetChoice } from '../protocol/requests.ts';

/** The built-in targets for the picker, the default first. */
export function listTargets(): Promise<readonly TargetChoice[]> {
  const choices = targetProfiles.map(({ title, detail, ...target }) => ({ title, detail, target }));
  return Promise.resolve(choices);
}
