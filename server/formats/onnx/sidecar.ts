import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Graph } from '../../core/graph/graph.ts';
import type { Tensor } from '../../core/graph/tensor.ts';
import type { Job } from '../../core/job.ts';
import { PendingFile } from '../atomicFile.ts';
import { FileData } from '../fileSource.ts';
import type { Placement } from './rewriteTensor.ts';
import type { OpenModel } from './save.ts';

/** Smaller weights go into the model file, unless they were external before. */
const SMALL_BYTES = 1024;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** Large weights begin at a page, so that runtimes can map them. */
const PAGE_BYTES = 4096;
const SMALL_ALIGNMENT = 64;

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
  const isMoved = (tensor: Tensor): boolean => {
    const before = tensors.get(tensor.name);
    if (before === tensor) return false;
    if (before && isExternal(before, model)) return true;
    return tensor.data.sizeBytes >= SMALL_BYTES && !inNodes.has(tensor.name);
  };
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
      const alignment = tensor.data.sizeBytes < SMALL_BYTES ? SMALL_ALIGNMENT : PAGE_BYTES;
      await file.write(new Uint8Array(-file.sizeBytes & (alignment - 1)));
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

const sidecarName = (model: string, hash: string): string =>
  `${model}.rangefinder-${hash.slice(0, 16)}.data`;

/** True for the name of a file of changed weights. */
export const isOurs = (location: string): boolean =>
  /\.rangefinder-[0-9a-f]{16}\.data$/.test(location);

const isExternal = ({ data }: Tensor, { source }: OpenModel): boolean =>
  data instanceof FileData && data.source !== source;

function isInSidecar(tensor: Tensor, model: OpenModel): boolean {
  const { data } = tensor;
  if (!(data instanceof FileData) || tensor.type === 'other') return false;
  return model.files
    .locations()
    .some((location) => isOurs(location) && model.files.opened(location) === data.source);
}
