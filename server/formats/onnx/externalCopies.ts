import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Graph } from '../../core/graph/graph.ts';
import type { Tensor } from '../../core/graph/tensor.ts';
import type { Job } from '../../core/job.ts';
import { replaceFile } from '../atomicFile.ts';
import { refuse } from '../badFile.ts';
import { FileData, FileSource } from '../fileSource.ts';
import type { Placement } from './rewriteTensor.ts';
import type { OpenModel } from './save.ts';
import { isOurs, type Sidecar } from './sidecar.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** An external file to bring into another folder. */
export interface ExternalCopy {
  readonly from: FileSource;
  readonly to: string;
}

/** What a model takes along into another folder. */
export interface ExternalCopies {
  /** The files that are not there yet. */
  readonly list: readonly ExternalCopy[];
  /** The constants whose file has another name there. */
  readonly placements: ReadonlyMap<Tensor, Placement>;
}

/**
 * The external files that the graph still needs and that the folder of `target` lacks. Where a file
 * of that name has another content, it stays, and the copy is named after what it holds.
 */
export async function planCopies(
  model: OpenModel,
  graph: Graph,
  target: string,
  sidecar: Sidecar | undefined,
  job: Job,
): Promise<ExternalCopies> {
  const folder = path.dirname(target);
  const list: ExternalCopy[] = [];
  const placements = new Map<Tensor, Placement>();
  if (isSameFolder(folder, model.files.folder)) return { list, placements };
  for (const location of neededLocations(model, graph, sidecar)) {
    const from = model.files.opened(location) as FileSource;
    const to = path.join(folder, location);
    if (!isTaken(to)) {
      list.push({ from, to });
      continue;
    }
    const hash = await hashOf(from, job);
    if (await holds(to, from.sizeBytes, hash, job)) continue;
    const other = withHash(location, hash);
    const free = path.join(folder, other);
    const isThere = isTaken(free);
    if (isThere && !(await holds(free, from.sizeBytes, hash, job))) refuseTaken(free);
    if (!rename(model, graph, location, other, placements)) refuseTaken(to);
    if (!isThere) list.push({ from, to: free });
  }
  return { list, placements };
}

/** Copies one file, all of it or nothing. */
export async function copyExternalFile({ from, to }: ExternalCopy, job: Job): Promise<void> {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  await replaceFile(to, async (file) => {
    for await (const chunk of chunksOf(from, job)) await file.write(chunk);
  });
}

/**
 * Places the unchanged constants of one file in another. False where more than the constants of the
 * graph name the file: tensors of sub-graphs are copied as they stand.
 */
function rename(
  { files, origin }: OpenModel,
  graph: Graph,
  location: string,
  other: string,
  placements: Map<Tensor, Placement>,
): boolean {
  const source = files.opened(location);
  let count = 0;
  for (const [name, tensor] of origin.tensors) {
    const { data } = tensor;
    if (!(data instanceof FileData) || data.source !== source) continue;
    count++;
    if (graph.tensors.get(name) !== tensor) continue;
    const length = data.sizeBytes;
    placements.set(tensor, { kind: 'outside', location: other, offset: data.start, length });
  }
  return count === files.referencesTo(location);
}

/** Sub-graphs may use any of the files; only one of ours is known to be used by constants alone. */
function neededLocations(model: OpenModel, graph: Graph, sidecar: Sidecar | undefined): string[] {
  const used = new Set<FileSource>();
  for (const tensor of graph.tensors.values()) {
    if (sidecar?.placements.has(tensor)) continue;
    if (tensor.data instanceof FileData) used.add(tensor.data.source);
  }
  return model.files.locations().filter((location) => {
    const source = model.files.opened(location);
    return !isOurs(location) || (source !== undefined && used.has(source));
  });
}

function withHash(location: string, hash: string): string {
  const { dir, name, ext } = path.posix.parse(location);
  return path.posix.join(dir, `${name}-${hash.slice(0, 16)}${ext}`);
}

/** True where something has this name, a link that leads nowhere included. */
const isTaken = (file: string): boolean =>
  fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;

const isSameFolder = (a: string, b: string): boolean => fs.realpathSync(a) === fs.realpathSync(b);

/** True for a file with this content; false for a link, which may lead out of the folder. */
async function holds(file: string, sizeBytes: number, hash: string, job: Job): Promise<boolean> {
  const stat = fs.lstatSync(file);
  if (!stat.isFile() || stat.size !== sizeBytes) return false;
  const source = new FileSource(file);
  try {
    return (await hashOf(source, job)) === hash;
  } finally {
    source.close();
  }
}

async function hashOf(source: FileSource, job: Job): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(source, job)) hash.update(chunk);
  return hash.digest('hex');
}

/** The bytes of a file; a chunk holds until the next one is asked for. */
async function* chunksOf(source: FileSource, job: Job): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, source.sizeBytes));
  for (let at = 0; at < source.sizeBytes; at += CHUNK_BYTES) {
    await job.checkpoint(at, source.sizeBytes, 'Saving');
    const chunk = buffer.subarray(0, Math.min(CHUNK_BYTES, source.sizeBytes - at));
    await source.readInto(chunk, at);
    yield chunk;
  }
}

function refuseTaken(file: string): never {
  refuse({
    code: 'exists',
    message: `${file} exists already and holds other weights.`,
    where: file,
    remedy: 'Save the model into another folder.',
  });
}
