import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Graph } from '../../core/graph/graph.ts';
import type { Tensor } from '../../core/graph/tensor.ts';
import { refuse } from '../badFile.ts';
import { changedFault, FileData, identityAt, isSameFile, type FileSource } from '../fileSource.ts';
import type { EncodedModel } from '../format.ts';
import type { ExternalFiles } from './externalData.ts';
import type { Origin } from './rewriteGraph.ts';
import { rewriteModel } from './rewriteModel.ts';
import { inside, type Placement } from './rewriteTensor.ts';

/** Smaller constants are put into the model: the runtime looks at them when it infers shapes. */
const SMALL_BYTES = 1024;
/** Changed weights up to this much travel in the model; more are put into a file. */
const EMBEDDED_BYTES = 64 * 1024 * 1024;
/** Protobuf's limit is 2 GiB. */
const LARGEST_BYTES = 2 ** 31 - 2 ** 24;

/**
 * Makes models for ONNX Runtime whose large weights are external data: ranges of the files that
 * hold them anyway (engines: section 1). Weights that are in memory travel in the model, or go into
 * a temporary file where they are many. The runtime refuses links that leave the folder it is
 * given, so where files lie in several folders it is given the one that all of them are under.
 */
export class Skeletons {
  #spillFolder: string | undefined;
  readonly #spilled = new WeakMap<Tensor, string>();
  #serial = 0;

  constructor(
    private readonly source: FileSource,
    private readonly files: ExternalFiles,
    private readonly origin: Origin,
  ) {}

  /** The graph as a model, with these values as outputs besides its own. */
  encode(graph: Graph, extraOutputs: readonly string[]): EncodedModel {
    const places = this.#placesOf(graph);
    const folder = this.#folderOf(places);
    const placement = (tensor: Tensor): Placement | undefined => {
      const place = folder === undefined ? undefined : places.get(tensor);
      if (folder !== undefined && place) {
        const location = path.relative(folder, place.file).split(path.sep).join('/');
        return { kind: 'outside', location, offset: place.start, length: tensor.data.sizeBytes };
      }
      return this.#mayBeCopied(tensor) ? undefined : inside;
    };
    const plan = {
      graph,
      placement,
      liftsConstants: true,
      renamesNodes: true,
      extraOutputs,
    };
    const parts = rewriteModel(this.source, this.origin, plan, new Map());
    if (parts.sizeBytes > LARGEST_BYTES) {
      refuse({
        code: 'too-large',
        message: `${this.source.path} holds more weights than can be handed to the runtime in one piece.`,
        where: this.source.path,
        remedy: 'Put the model and the temporary folder on one drive.',
      });
    }
    return { bytes: parts.join(this.source), folder: folder ?? path.dirname(this.source.path) };
  }

  /** Removes the temporary files. */
  dispose(): void {
    if (this.#spillFolder) fs.rmSync(this.#spillFolder, { recursive: true, force: true });
    this.#spillFolder = undefined;
  }

  /** Strings and the like, and what is small and as it was, stay as they are in the file. */
  #mayBeCopied(tensor: Tensor): boolean {
    if (tensor.type === 'string' || tensor.type === 'other') return true;
    const isInitializer = this.origin.tensors.get(tensor.name) === tensor;
    return isInitializer && !(tensor.data instanceof FileData && this.#isExternal(tensor.data));
  }

  #isExternal(data: FileData): boolean {
    return data.source !== this.source;
  }

  /** Where the weights are that need not travel. */
  #placesOf(graph: Graph): Map<Tensor, { file: string; start: number }> {
    const places = new Map<Tensor, { file: string; start: number }>();
    const realPaths = new Map<FileSource, string | undefined>();
    const inMemory: Tensor[] = [];
    for (const tensor of graph.tensors.values()) {
      const { data, type } = tensor;
      if (type === 'string' || type === 'other' || data.sizeBytes < SMALL_BYTES) continue;
      if (data instanceof FileData) {
        const { source } = data;
        if (!realPaths.has(source)) realPaths.set(source, realPathOf(source));
        const file = realPaths.get(source);
        if (file !== undefined) {
          places.set(tensor, { file, start: data.start });
          continue;
        }
      }
      inMemory.push(tensor);
    }
    const total = inMemory.reduce((sum, tensor) => sum + tensor.data.sizeBytes, 0);
    if (total > EMBEDDED_BYTES) {
      for (const tensor of inMemory) places.set(tensor, { file: this.#spill(tensor), start: 0 });
    }
    return places;
  }

  /** The folder that all places are under; undefined where there is none, or it cannot be used. */
  #folderOf(places: ReadonlyMap<Tensor, { file: string }>): string | undefined {
    const own = path.dirname(this.source.path);
    const real = fs.realpathSync(own);
    const folders = new Set([...places.values()].map(({ file }) => path.dirname(file)));
    let common = real;
    for (const folder of folders) {
      while (!isUnder(folder, common)) {
        const parent = path.dirname(common);
        if (parent === common) return undefined;
        common = parent;
      }
    }
    return common === real || !this.#hasHiddenReferences() ? common : undefined;
  }

  /** Sub-graphs name their external files from the model's own folder, and are only copied. */
  #hasHiddenReferences(): boolean {
    let count = 0;
    for (const { type, data } of this.origin.tensors.values()) {
      if (type === 'string' || type === 'other') continue;
      if (data instanceof FileData && this.#isExternal(data)) count++;
    }
    return count < this.files.referenceCount;
  }

  #spill(tensor: Tensor): string {
    const known = this.#spilled.get(tensor);
    if (known && this.#spillFolder) return known;
    this.#spillFolder ??= fs.realpathSync(
      fs.mkdtempSync(path.join(os.tmpdir(), 'rangefinder-weights-')),
    );
    const file = path.join(this.#spillFolder, `${this.#serial++}.bin`);
    fs.writeFileSync(file, tensor.data.read());
    this.#spilled.set(tensor, file);
    return file;
  }
}

/**
 * The real path of a file; undefined where it was replaced or deleted: then only its handle still
 * has it. Refuses a file that was changed in place.
 */
function realPathOf(source: FileSource): string | undefined {
  const now = identityAt(source.path);
  if (now && isSameFile(now, source.identity)) return fs.realpathSync(source.path);
  if (now?.inode === source.identity.inode && now.device === source.identity.device) {
    refuse(changedFault(source.path));
  }
  return undefined;
}

const isUnder = (folder: string, ancestor: string): boolean => {
  const relative = path.relative(ancestor, folder);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
};
