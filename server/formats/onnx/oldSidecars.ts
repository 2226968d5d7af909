import fs from 'node:fs';
import path from 'node:path';
import { isSystemError } from '../badFile.ts';
import type { FormatIssue } from '../format.ts';
import { isOurs } from './sidecar.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** With more than this to search, old files stay. */
const SEARCHED_BYTES = 1024 * 1024 * 1024;

/**
 * Removes those of the files `own` (changed weights that this process wrote) that the model has no
 * longer, and that no other file of the folder mentions: a copy of the model from before the save
 * may need them, whatever its name. When in doubt they stay. The model is saved by then, so what
 * the operating system refuses is left alone.
 */
export async function removeOldSidecars(
  modelPath: string,
  own: Set<string>,
  now: readonly string[],
): Promise<void> {
  try {
    const folder = path.dirname(modelPath);
    const needed = new Set(now.map((location) => path.join(folder, location)));
    const old = [...own].filter((file) => !needed.has(file) && fs.existsSync(file));
    if (old.length === 0) return;
    const skipped = new Set([...needed, ...old, modelPath]);
    const unused = await notMentioned(old, folder, skipped);
    for (const file of unused) {
      fs.rmSync(file, { force: true });
      own.delete(file);
    }
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown;
  }
}

/** What to say of the files of changed weights beside a model. */
export function sidecarIssues(modelPath: string, now: readonly string[]): FormatIssue[] {
  const issues: FormatIssue[] = [];
  const used = now.filter(isOurs);
  if (used.length > 0) {
    issues.push({
      code: 'changed-weights-file',
      severity: 'info',
      message: `Changed weights are in ${used.join(', ')} beside the model and must stay with it. The external files from before are as they were, with bytes in them that this model does not use any more.`,
      where: used[0] as string,
    });
  }
  const left = leftovers(modelPath, now);
  if (left.length > 0) {
    issues.push({
      code: 'leftover-weights-file',
      severity: 'info',
      message: `${left.join(', ')} beside the model: weights of an earlier save, which this model does not use any more. Delete what no copy of the model needs.`,
      where: left[0] as string,
    });
  }
  return issues;
}

function leftovers(modelPath: string, now: readonly string[]): string[] {
  const prefix = `${path.basename(modelPath)}.rangefinder-`;
  try {
    const names = fs.readdirSync(path.dirname(modelPath));
    return names.filter((name) => name.startsWith(prefix) && isOurs(name) && !now.includes(name));
  } catch (thrown) {
    if (isSystemError(thrown)) return [];
    throw thrown;
  }
}

/** Those of the files whose name is in no other file of the folder; none where that takes long. */
async function notMentioned(
  old: readonly string[],
  folder: string,
  skipped: ReadonlySet<string>,
): Promise<string[]> {
  let toSearch = 0;
  const others: string[] = [];
  for (const name of fs.readdirSync(folder)) {
    const file = path.join(folder, name);
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (skipped.has(file) || !stat?.isFile()) continue;
    toSearch += stat.size;
    if (toSearch > SEARCHED_BYTES) return [];
    others.push(file);
  }
  // The end of the name, with the hash in it, is plain ASCII and tells the file from any other.
  const marks = new Map(old.map((file) => [file, file.slice(file.lastIndexOf('.rangefinder-'))]));
  for (const other of others) {
    for (const file of await mentionedIn(other, marks)) marks.delete(file);
    if (marks.size === 0) break;
  }
  return [...marks.keys()];
}

async function mentionedIn(
  other: string,
  marks: ReadonlyMap<string, string>,
): Promise<Set<string>> {
  const found = new Set<string>();
  const overlap = Math.max(...[...marks.values()].map((mark) => mark.length)) - 1;
  let tail = Buffer.alloc(0);
  for await (const chunk of fs.createReadStream(other, { highWaterMark: CHUNK_BYTES })) {
    const bytes = Buffer.concat([tail, chunk as Buffer]);
    for (const [file, mark] of marks) if (bytes.includes(mark, 0, 'latin1')) found.add(file);
    tail = bytes.subarray(Math.max(0, bytes.length - overlap));
  }
  return found;
}
