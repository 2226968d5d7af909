import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TargetSettings } from '../protocol/target.ts';
import { version } from '../version.ts';
import { placementContent } from './contentOf.ts';
import { redoneSince, type Change } from './changeLog.ts';
import type { Measured } from './measured.ts';

/** The disk that results of measurements may use. */
const limitBytes = 50e6;

/** Counts up when results hold more than before: older ones are then made again. */
const shape = 3;

/** What a measurement is the measurement of. */
export interface MeasureKeyParts {
  /** Of the file as it was opened. */
  readonly fileHash: string;
  readonly changes: readonly Change[];
  readonly target: TargetSettings;
  readonly dataId: string;
  readonly frozenId?: string;
}

/**
 * Same file, same changes, same target, same samples: same key. Folding comes first in every
 * measurement, so that folding alone is no other model.
 */
export function measureKey({
  fileHash,
  changes,
  target,
  dataId,
  frozenId = '',
}: MeasureKeyParts): string {
  const isPlainFold = ({ step, options }: Change): boolean =>
    step === 'fold' && Object.keys(options).length === 0;
  const begin = changes.findIndex((change) => !isPlainFold(change));
  const done = begin < 0 ? [] : changes.slice(begin);
  const steps = done.map((change) => {
    const since = redoneSince(change);
    const at = changes.findIndex(({ id }) => id === since);
    return [change.step, change.options, since === undefined ? [] : [at]];
  });
  const parts = [version, shape, fileHash, steps, target, dataId, frozenId];
  const placement = placementContent(target.placement);
  const text = JSON.stringify(placement === undefined ? parts : [...parts, placement]);
  return createHash('sha256').update(text).digest('hex');
}

/** Results of measurements in the extension's folder: they survive a restart. */
export class MeasureCache {
  readonly #folder: string;
  readonly #recent = new Map<string, Measured>();

  constructor(storageFolder: string) {
    this.#folder = join(storageFolder, 'measured');
  }

  get(key: string): Measured {
    const known = this.#recent.get(key);
    if (known) return known;
    try {
      const path = this.#pathOf(key);
      const read = JSON.parse(readFileSync(path, 'utf8'), revive) as Measured;
      this.#remember(key, read);
      const now = new Date();
      utimesSync(path, now, now);
      return read;
    } catch {
      return {}; // nothing was kept, or it is not ours to read
    }
  }

  /** Keeps what was measured; on disk when there is something that took long. */
  set(key: string, measured: Measured): void {
    this.#remember(key, measured);
    if (!measured.scores) return;
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(this.#pathOf(key), JSON.stringify(measured, replace));
      this.#makeRoom();
    } catch {
      // A disk that is full or read-only: it is measured again after a restart.
    }
  }

  /** Forgets what is not on disk yet. */
  forget(key: string): void {
    this.#recent.delete(key);
  }

  #remember(key: string, measured: Measured): void {
    this.#recent.delete(key);
    this.#recent.set(key, measured);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > 32 && oldest !== undefined) this.#recent.delete(oldest);
  }

  #pathOf(key: string): string {
    return join(this.#folder, `${key}.json`);
  }

  #makeRoom(): void {
    const files = readdirSync(this.#folder)
      .map((name) => {
        const path = join(this.#folder, name);
        const { size, mtimeMs } = statSync(path);
        return { path, size, mtimeMs };
      })
      .sort((a, b) => b.mtimeMs - a.mtimeMs);
    let bytes = 0;
    for (const { path, size } of files) {
      bytes += size;
      if (bytes > limitBytes) rmSync(path, { force: true });
    }
  }
}

/** Numbers that JSON has not, and typed arrays. */
function replace(_name: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return { $n: String(value) };
  if (value instanceof Float64Array) return { $d: Array.from(value) };
  if (value instanceof Int32Array) return { $i: Array.from(value) };
  return value;
}

function revive(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { $n, $d, $i } = value as { $n?: string; $d?: number[]; $i?: number[] };
  if ($n !== undefined) return Number($n);
  if ($d) return Float64Array.from($d);
  return $i ? Int32Array.from($i) : value;
}
