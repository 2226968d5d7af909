import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { Job } from '../core/job.ts';
import { bytesText } from '../core/reports/words.ts';
import type { ReportOrigin, ReportedFile } from './reportInput.ts';

/** A file that a report is of, and what it is to it. */
export interface FileOfReport {
  readonly path: string;
  readonly name?: string;
  readonly role: ReportedFile['role'];
}

/** A model with the files beside it that hold its weights. */
export const filesOf = (
  { path, siblings = [] }: { readonly path: string; readonly siblings?: readonly string[] },
  name?: string,
): FileOfReport[] => [
  { path, role: 'model', ...(name === undefined ? {} : { name }) },
  ...siblings.map((sibling) => ({ path: sibling, role: 'weights' as const })),
];

/** Which bytes a report is of and when it was made. Files are read piece by piece, each once. */
export async function originOf(
  files: readonly FileOfReport[],
  state: Pick<ReportOrigin, 'isUnsaved' | 'isChangedOnDisk'>,
  job: Job,
  now: Date = new Date(),
): Promise<ReportOrigin> {
  const read: ReportedFile[] = [];
  const seen = new Set<string>();
  for (const { path, name = basename(path), role } of files) {
    if (seen.has(path)) continue;
    seen.add(path);
    read.push({ name, role, ...(await digestOf(path, job)) });
  }
  return { madeAt: localTime(now), files: read, ...state };
}

async function digestOf(
  path: string,
  job: Job,
): Promise<{ readonly sizeBytes?: number; readonly sha256?: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      // A file that is gone is told as such; a stop is not a fault of the file.
      const next = await pieces.next().catch(() => undefined);
      if (!next) return {};
      if (next.done) return { sizeBytes, sha256: hash.digest('hex') };
      hash.update(next.value);
      sizeBytes += next.value.length;
      await job.checkpoint(0, 0, basename(path));
    }
  } finally {
    stream.destroy();
  }
}

/** `2026-11-22T10:03:12+01:00`: the time where the report was made, and how far it is from UTC. */
export function localTime(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + 60_000 * minutes).toISOString().slice(0, 19);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const away = Math.abs(minutes);
  return `${local}${minutes < 0 ? '-' : '+'}${two(away / 60)}:${two(away % 60)}`;
}

/** One line for the head: the day, and by what the files are told from others of their name. */
export function originLine({ madeAt, files, ...state }: ReportOrigin): string {
  const models = files.filter(({ role }) => role !== 'weights');
  const hashes = models.map(
    ({ name, sha256 }) =>
      `${models.length > 1 ? `${name} ` : ''}${sha256 === undefined ? 'not there any more' : `SHA-256 ${sha256.slice(0, 12)}…`}`,
  );
  return [timeText(madeAt), ...hashes, ...stateWords(state)].join(' · ');
}

/** The same in full, for the settings. */
export const originSettings = ({
  madeAt,
  files,
  ...state
}: ReportOrigin): { readonly name: string; readonly value: string }[] => [
  { name: 'Made', value: timeText(madeAt) },
  ...files.map(({ name, role, sizeBytes, sha256 }) => ({
    name: { model: 'Model file', weights: 'Its weights', written: 'Written' }[role],
    value:
      sha256 === undefined || sizeBytes === undefined
        ? `${name}, not there any more`
        : `${name}, ${bytesText(sizeBytes)}, SHA-256 ${sha256}`,
  })),
  ...stateWords(state).map((value) => ({ name: 'Model', value })),
];

const stateWords = ({
  isUnsaved,
  isChangedOnDisk,
}: Pick<ReportOrigin, 'isUnsaved' | 'isChangedOnDisk'>): string[] => [
  ...(isUnsaved ? ['with changes not saved'] : []),
  ...(isChangedOnDisk ? ['the file has changed since it was opened'] : []),
];

/** `2026-11-22 10:03:12 +01:00`. */
const timeText = (madeAt: string): string =>
  `${madeAt.slice(0, 10)} ${madeAt.slice(11, 19)} ${madeAt.slice(19)}`;
