import { dirname, resolve } from 'node:path';
import { defaultTarget, targetProfiles, type Target } from './core/quant/targets.ts';
import { refuse } from './formats/badFile.ts';
import type { ModelSettings } from './protocol/modelSettings.ts';
import { readTargetFile } from './targetFile.ts';

/** Names of the built-in targets, as settings and the command line have them. */
export const targetNames: readonly string[] = targetProfiles.map(({ profile }) => profile);

/** True for what is meant as the path of a quantsim configuration, and not as a name. */
export const isTargetPath = (name: string): boolean => /\.json$|[\\/]/.test(name);

/**
 * The target that settings name: a built-in one, or a quantsim configuration, whose path goes from the
 * settings file on. Throws `BadFile`.
 */
export function targetIn(
  settings: Readonly<Record<string, unknown>>,
  path: string,
): NonNullable<ModelSettings['target']> | undefined {
  const name = settings['target'];
  if (name === undefined) return undefined;
  const known = targetProfiles.find(({ profile }) => profile === name);
  if (known) {
    const fields = Object.entries(known).filter(([field]) => field in defaultTarget);
    // A profile has every field of the default, besides its title and detail.
    return { name: known.profile, settings: Object.fromEntries(fields) as unknown as Target };
  }
  if (typeof name !== 'string' || !isTargetPath(name)) {
    return refuse({
      code: 'bad-settings',
      message: `"target" in ${path} is ${JSON.stringify(name)}, not one of ${targetNames.join(', ')}, and no path of a quantsim configuration (.json).`,
      where: path,
    });
  }
  const read = readTargetFile(resolve(dirname(path), name));
  return read.ok ? { name, settings: read.value.target } : refuse(read.error);
}
