import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Graph } from '../../core/graph/graph.ts';
import type { Tensor } from '../../core/graph/tensor.ts';
import { noJob, type Job } from '../../core/job.ts';
import { PendingFile } from '../atomicFile.ts';
import { BadFile, isSystemError, refuse } from '../badFile.ts';
import { FileData, FileSource } from '../fileSource.ts';
import { ExternalFiles } from './externalData.ts';
import { readModel } from './readModel.ts';
import type { Placement } from './rewriteTensor.ts';
import type { OpenModel } from './save.ts';

/** Smaller changed weights go into the model file. */
const SMALL_BYTES = 1024;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** Large weights begin at a page, so that runtimes can map them. */
const PAGE_BYTES = 4096;

/** A file of changed weights beside a model whose weights are external. */
export interface Sidecar {
  readonly file: PendingFile;
  /** Where the file will be: named after its content, so that writing it changes no model. */
  readonly path: string;
  readonly placements: ReadonlyMap<Tensor, Placement>;
}

/**
 * Writes the changed large weights of a model with external data, and those that an earlier save
 * had put into such a file. Undefined where there is nothing of the kind.
 */
export async function writeSidecar(
  model: OpenModel,
  graph: Graph,
  target: string,
  job: Job,
): Promise<Sidecar | undefined> {
  if (model.files.locations().length === 0) return undefined;
  const { tensors, parts } = model.origin;
  const inNodes = new Set(parts.nodes.map((node) => ('constant' in node ? node.constant : '')));
  const isMoved = (tensor: Tensor): boolean =>
    tensors.get(tensor.name) !== tensor &&
    tensor.data.sizeBytes >= SMALL_BYTES &&
    !inNodes.has(tensor.name);
  const changed = [...graph.tensors.values()].filter(isMoved);
  if (changed.length === 0) return undefined;
  const earlier = [...graph.tensors.values()].filter(
    (tensor) => !isMoved(tensor) && isInSidecar(tensor, model),
  );
  const hash = createHash('sha256');
  const file = await PendingFile.create(`${target}.weights`, hash);
  try {
    const ranges: [Tensor, number][] = [];
    for (const tensor of [...changed, ...earlier]) {
      await file.write(new Uint8Array(-file.sizeBytes & (PAGE_BYTES - 1)));
      ranges.push([tensor, file.sizeBytes]);
      for (let at = 0; at < tensor.data.sizeBytes; at += CHUNK_BYTES) {
        await job.checkpoint(at, tensor.data.sizeBytes, 'Saving');
        const end = Math.min(tensor.data.sizeBytes, at + CHUNK_BYTES);
        await file.write(tensor.data.read(at, end));
      }
    }
    await file.finish();
    const location = sidecarName(path.basename(target), hash.digest('hex'));
    const placements = new Map<Tensor, Placement>();
    for (const [tensor, offset] of ranges) {
      const length = tensor.data.sizeBytes;
      placements.set(tensor, { kind: 'outside', location, offset, length });
    }
    return { file, path: path.join(path.dirname(target), location), placements };
  } catch (thrown) {
    await file.discard();
    throw thrown;
  }
}

/**
 * Brings the external files that the graph still needs into the folder of `target`. A file of that
 * name with another content is never written over.
 */
export async function copyExternalFiles(
  model: OpenModel,
  graph: Graph,
  target: string,
  sidecar: Sidecar | undefined,
): Promise<void> {
  const folder = path.dirname(target);
  if (path.resolve(folder) === path.resolve(model.files.folder)) return;
  for (const location of neededLocations(model, graph, sidecar)) {
    const from = model.files.opened(location) as FileSource;
    const to = path.join(folder, location);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    if (fs.existsSync(to)) {
      if (await hasSameContent(from.path, to)) continue;
      refuse({
        code: 'exists',
        message: `${to} exists already and holds other weights.`,
        where: to,
        remedy: 'Save the model into another folder.',
      });
    }
    const pending = await PendingFile.create(to);
    try {
      for (let at = 0; at < from.sizeBytes; at += CHUNK_BYTES) {
        const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, from.sizeBytes - at));
        await from.readInto(chunk, at);
        await pending.write(chunk);
      }
      await pending.finish();
      await pending.commit();
    } finally {
      await pending.discard();
    }
  }
}

/**
 * Removes files of changed weights that the model has no longer, those included that a process left
 * which was killed while it saved; unless another model of the folder uses them. The model is saved
 * by then, so what the operating system refuses is left for the next time.
 */
export async function removeOldSidecars(modelPath: string, now: readonly string[]): Promise<void> {
  try {
    await removeUnused(modelPath, now);
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown;
  }
}

async function removeUnused(modelPath: string, now: readonly string[]): Promise<void> {
  const folder = path.dirname(modelPath);
  const base = path.basename(modelPath);
  const names = fs.readdirSync(folder);
  const old = names.filter(
    (name) => isOurs(name) && name.startsWith(`${base}.rangefinder-`) && !now.includes(name),
  );
  if (old.length === 0) return;
  for (const name of names) {
    if (!name.toLowerCase().endsWith('.onnx') || name === base) continue;
    const used = await locationsOf(path.join(folder, name));
    if (!used || old.some((location) => used.includes(location))) return;
  }
  for (const name of old) fs.rmSync(path.join(folder, name), { force: true });
}

const sidecarName = (model: string, hash: string): string =>
  `${model}.rangefinder-${hash.slice(0, 16)}.data`;

const isOurs = (location: string): boolean => /\.rangefinder-[0-9a-f]{16}\.data$/.test(location);

function isInSidecar(tensor: Tensor, model: OpenModel): boolean {
  const { data } = tensor;
  if (!(data instanceof FileData) || tensor.type === 'other') return false;
  return model.files
    .locations()
    .some((location) => isOurs(location) && model.files.opened(location) === data.source);
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

async function hasSameContent(a: string, b: string): Promise<boolean> {
  if (fs.statSync(a).size !== fs.statSync(b).size) return false;
  const digest = async (file: string): Promise<string> => {
    const hash = createHash('sha256');
    for await (const chunk of fs.createReadStream(file)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  };
  return (await digest(a)) === (await digest(b));
}

/** The external files of a model; undefined where the model cannot be read. */
async function locationsOf(file: string): Promise<string[] | undefined> {
  const files = new ExternalFiles(file);
  let source: FileSource | undefined;
  try {
    source = new FileSource(file);
    await readModel(source, files, noJob);
    return files.locations();
  } catch (thrown) {
    if (thrown instanceof BadFile) return undefined;
    throw thrown;
  } finally {
    source?.close();
    files.close();
  }
}
