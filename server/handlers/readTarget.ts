import type { TargetSettings } from '../protocol/target.ts';
import { refusedFile } from '../refused.ts';
import { readTargetFile } from '../targetFile.ts';

/** The target that a quantsim configuration file describes. */
export function readTarget({ path }: { readonly path: string }): Promise<TargetSettings> {
  const read = readTargetFile(path);
  if (!read.ok) throw refusedFile(read.error);
  return Promise.resolve(read.value.target);
}
