import { targetProfiles } from '../core/quant/targets.ts';
import type { TargetChoice } from '../protocol/requests.ts';

/** The built-in targets for the picker, the default first. */
export const listTargets = (): Promise<readonly TargetChoice[]> => Promise.resolve(targetProfiles);
