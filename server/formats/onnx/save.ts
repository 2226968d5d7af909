import fs from 'node:fs';
import type { Graph } from '../../core/graph/graph.ts';
import type { Tensor } from '../../core/graph/tensor.ts';
import type { Job } from '../../core/job.ts';
import { PendingFile } from '../atomicFile.ts';
import { refuse } from '../badFile.ts';
import { changedFault, identityAt, isSameFile, type FileSource } from '../fileSource.ts';
import { isSamePath, realPath } from '../samePath.ts';
import type { ExternalFiles } from './externalData.ts';
import type { Part, Parts } from './parts.ts';
import type { Origin } from './rewriteGraph.ts';
import { rewriteModel } from './rewriteModel.ts';
import { inside } from './rewriteTensor.ts';
import { copyExternalFile, planCopies, type ExternalCopies } from './externalCopies.ts';
import { writeSidecar, type Sidecar } from './sidecar.ts';
import { formatStatistics, STATISTICS_KEY } from './statistics.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
const PROTOBUF_BYTES = 2 ** 31 - 1;
const PREFIX = 'rangefinder.';

/** An open model, as saving needs it. */
export interface OpenModel {
  readonly source: FileSource;
  readonly files: ExternalFiles;
  readonly origin: Origin;
  readonly graph: Graph;
  readonly metadata: ReadonlyMap<string, string>;
}

/** What a save has put beside the model. */
export interface SavedFiles {
  /** The new file of changed weights; undefined where there is none, or it was there before. */
  readonly sidecar: string | undefined;
}

/**
 * Writes the graph to `target`, atomically, through a link to the file that it leads to. Where that
 * is the model's own file, its handle is let go of before the rename. Undefined: the file is there
 * and has all of it already. Throws what the operating system throws; refuses the rest.
 */
export async function saveModel(
  model: OpenModel,
  graph: Graph,
  target: string,
  notes: ReadonlyMap<string, string>,
  job: Job,
): Promise<SavedFiles | undefined> {
  const { source } = model;
  const isOwn = isSamePath(target, source.path);
  if (isOwn) refuseIfChanged(source);
  const file = realPath(target);
  const pending: PendingFile[] = [];
  const added: string[] = [];
  try {
    const sidecar = await writeSidecar(model, graph, file, job);
    if (sidecar) pending.push(sidecar.file);
    const copies = await planCopies(model, graph, file, sidecar, job);
    const parts = partsOf(model, graph, notes, sidecar, copies);
    if (isOwn && fs.existsSync(target) && isWholeFile(parts, source)) return undefined;
    refuseTooLarge(parts, source, target);
    const main = await PendingFile.create(file);
    pending.push(main);
    await writeParts(parts, source, main, job);
    await main.finish();
    for (const copy of copies.list) {
      await copyExternalFile(copy, job);
      added.push(copy.to);
    }
    if (isOwn) {
      refuseIfChanged(source);
      source.release();
    }
    const isNewSidecar = sidecar !== undefined && !fs.existsSync(sidecar.path);
    if (isNewSidecar) {
      await sidecar.file.commit(sidecar.path);
      added.push(sidecar.path);
    }
    await main.commit();
    return { sidecar: isNewSidecar ? sidecar.path : undefined };
  } catch (thrown) {
    for (const one of added) fs.rmSync(one, { force: true });
    throw thrown;
  } finally {
    for (const one of pending) await one.discard();
  }
}

function partsOf(
  model: OpenModel,
  graph: Graph,
  notes: ReadonlyMap<string, string>,
  sidecar: Sidecar | undefined,
  copies: ExternalCopies,
): Parts {
  const { origin, source } = model;
  const isChanged =
    sidecar !== undefined ||
    copies.placements.size > 0 ||
    graph.nodes.length !== model.graph.nodes.length ||
    graph.nodes.some((node, i) => node !== model.graph.nodes[i]) ||
    graph.tensors.size !== origin.tensors.size ||
    [...graph.tensors].some(([name, tensor]) => origin.tensors.get(name) !== tensor);
  const plan = {
    graph,
    placement: (tensor: Tensor) =>
      sidecar?.placements.get(tensor) ??
      copies.placements.get(tensor) ??
      (origin.tensors.get(tensor.name) === tensor ? undefined : inside),
    liftsConstants: false,
    renamesNodes: false,
    extraOutputs: [],
  };
  const metadata = metadataOf(model, graph, notes, isChanged);
  return rewriteModel(source, origin, isChanged ? plan : undefined, metadata);
}

/** The entries to set or remove: the notes, and the statistics where they may have changed. */
function metadataOf(
  model: OpenModel,
  graph: Graph,
  notes: ReadonlyMap<string, string>,
  isChanged: boolean,
): Map<string, string | undefined> {
  const metadata = new Map<string, string | undefined>();
  for (const [key, note] of notes) {
    metadata.set(key.startsWith(PREFIX) ? key : PREFIX + key, note || undefined);
  }
  const old = model.graph.statistics;
  const isSame =
    old.size === graph.statistics.size &&
    [...old].every(([layer, entry]) => graph.statistics.get(layer) === entry);
  if (isChanged || !isSame) {
    const text = graph.statistics.size > 0 ? formatStatistics(graph) : undefined;
    if (text !== undefined || model.metadata.has(STATISTICS_KEY))
      metadata.set(STATISTICS_KEY, text);
  }
  return metadata;
}

/** While a piece of the old file is written, the next one is read. */
async function writeParts(
  parts: Parts,
  source: FileSource,
  file: PendingFile,
  job: Job,
): Promise<void> {
  const size = Math.min(CHUNK_BYTES, Math.max(1, source.sizeBytes));
  let [buffer, other] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  let writing = Promise.resolve();
  try {
    for (const { start, end, part } of pieces(parts)) {
      let bytes: Uint8Array;
      if (part.kind === 'bytes') bytes = part.bytes;
      else {
        await job.checkpoint(file.sizeBytes, parts.sizeBytes, 'Saving');
        bytes = part.kind === 'data' ? part.data.read(start, end) : buffer.subarray(0, end - start);
        if (part.kind === 'copy') await source.readInto(bytes, start);
        [buffer, other] = [other, buffer];
      }
      await writing;
      writing = file.write(bytes);
      writing.catch(() => undefined); // it is thrown where it is awaited
    }
    await writing;
  } finally {
    await writing.catch(() => undefined);
  }
}

/** The parts in pieces of a size that can be held in memory. */
function* pieces(parts: Parts): Generator<{ start: number; end: number; part: Part }> {
  for (const part of parts.list) {
    const start = part.kind === 'copy' ? part.start : 0;
    const end =
      part.kind === 'copy'
        ? part.end
        : part.kind === 'data'
          ? part.data.sizeBytes
          : part.bytes.length;
    if (part.kind === 'bytes') yield { start, end, part };
    else {
      for (let at = start; at < end; at += CHUNK_BYTES) {
        yield { start: at, end: Math.min(end, at + CHUNK_BYTES), part };
      }
    }
  }
}

function isWholeFile(parts: Parts, source: FileSource): boolean {
  const [only] = parts.list;
  return parts.list.length === 1 && only?.kind === 'copy' && parts.sizeBytes === source.sizeBytes;
}

/** A file that is gone may be written again; one that is another now may not be lost. */
function refuseIfChanged(source: FileSource): void {
  const now = identityAt(source.path);
  if (now && !isSameFile(now, source.identity)) refuse(changedFault(source.path));
}

/** A file that was too large for other programs before may stay so. */
function refuseTooLarge(parts: Parts, source: FileSource, target: string): void {
  if (parts.sizeBytes <= PROTOBUF_BYTES || source.sizeBytes > PROTOBUF_BYTES) return;
  refuse({
    code: 'too-large',
    message: `${target} would have ${parts.sizeBytes} bytes; ONNX files of 2 GiB and more cannot be read by most programs.`,
    where: target,
    remedy: 'Export the model with its weights as external data, and make the changes there.',
  });
}
