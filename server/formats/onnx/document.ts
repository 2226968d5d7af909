import { join } from 'node:path';
import type { Graph, Node, NodeId } from '../../core/graph/graph.ts';
import type { Tensor } from '../../core/graph/tensor.ts';
import { noJob, type Job } from '../../core/job.ts';
import type { Result } from '../../core/result.ts';
import { writeFault } from '../atomicFile.ts';
import { attempt, readFault, refuse } from '../badFile.ts';
import { changedFault, FileData, FileSource } from '../fileSource.ts';
import type {
  EncodedModel,
  FormatFault,
  FormatIssue,
  ModelDocument,
  ModelInfo,
} from '../format.ts';
import { isSamePath, realPath } from '../samePath.ts';
import { refuseSenseless } from './checkModel.ts';
import { ExternalFiles } from './externalData.ts';
import { readModel, type ReadModel } from './readModel.ts';
import type { Origin } from './rewriteGraph.ts';
import { saveModel } from './save.ts';
import { removeOldSidecars, sidecarIssues } from './oldSidecars.ts';
import { Skeletons } from './skeleton.ts';
import { TypedData } from './typedData.ts';

/** Opens an ONNX file; its weights are not read. */
export const openOnnx = (file: string, job: Job): Promise<Result<ModelDocument, FormatFault>> =>
  attempt(
    () => OnnxDocument.open(file, job),
    (error) => readFault(error, file),
  );

class OnnxDocument implements ModelDocument {
  readonly siblings: readonly string[];
  readonly info: ModelInfo;
  readonly #issues: readonly FormatIssue[];
  /** Files of changed weights that this document wrote, or the one that it was before a save. */
  readonly #ownSidecars: Set<string>;
  #sidecarIssues: readonly FormatIssue[];
  readonly #origin: Origin;
  readonly #skeletons: Skeletons;

  private constructor(
    readonly path: string,
    private readonly source: FileSource,
    private readonly files: ExternalFiles,
    model: ReadModel,
    readonly graph: Graph,
    ownSidecars: Set<string>,
  ) {
    this.siblings = files.locations().map((location) => join(files.folder, location));
    this.info = model.info;
    this.#issues = model.issues;
    this.#ownSidecars = ownSidecars;
    this.#sidecarIssues = sidecarIssues(source.path, files.locations());
    this.#origin = originOf(model, graph);
    this.#skeletons = new Skeletons(source, files, this.#origin);
  }

  get issues(): readonly FormatIssue[] {
    return [...this.#issues, ...this.#sidecarIssues];
  }

  /**
   * Reads a file, with external data beside the file itself where `file` is a link. Where `saved` is given, the file is what was just written of that graph: then the
   * document has its nodes and its unchanged constants, which are ranges of the new file now.
   */
  static async open(
    file: string,
    job: Job,
    saved?: { graph: Graph; old: OnnxDocument },
  ): Promise<OnnxDocument> {
    const real = realPath(file);
    const source = new FileSource(real, true);
    const files = new ExternalFiles(real);
    try {
      const model = await readModel(source, files, job);
      const graph = saved ? takeOver(saved.graph, saved.old, model.graph) : model.graph;
      const own = saved ? saved.old.#ownSidecars : new Set<string>();
      return new OnnxDocument(file, source, files, model, graph, own);
    } catch (thrown) {
      source.close();
      files.close();
      throw thrown;
    }
  }

  write(
    graph: Graph,
    target: string,
    notes: ReadonlyMap<string, string>,
    job: Job,
  ): Promise<Result<ModelDocument, FormatFault>> {
    return attempt(
      async () => {
        const { source, files } = this;
        const isOwn = isSamePath(target, source.path);
        if (!isOwn && isSamePath(target, this.path)) refuse(changedFault(this.path));
        const metadata = this.info.metadata;
        const model = { source, files, origin: this.#origin, graph: this.graph, metadata };
        const saved = await saveModel(model, withNames(graph), target, notes, job);
        if (!saved) return this;
        if (!isOwn) return OnnxDocument.open(target, noJob);
        const written = await OnnxDocument.open(this.path, noJob, { graph, old: this });
        this.dispose();
        if (saved.sidecar) this.#ownSidecars.add(saved.sidecar);
        await written.#removeOldSidecars();
        return written;
      },
      (error) => writeFault(error, target),
    );
  }

  encode(graph: Graph, extraOutputs: readonly string[]): EncodedModel {
    refuseSenseless(graph, this.path);
    return this.#skeletons.encode(withNames(graph), extraOutputs);
  }

  dispose(): void {
    this.#skeletons.dispose();
    this.source.close();
    this.files.close();
  }

  async #removeOldSidecars(): Promise<void> {
    const { source, files } = this;
    await removeOldSidecars(source.path, this.#ownSidecars, files.locations());
    this.#sidecarIssues = sidecarIssues(source.path, files.locations());
  }

  /** The files that this document reads. */
  sources(): Set<FileSource> {
    const external = this.files.locations().map((location) => this.files.opened(location));
    return new Set([this.source, ...external.filter((source) => source !== undefined)]);
  }
}

/** Ties what is in the file to the nodes and tensors of `graph`, which the file was made from. */
function originOf(model: ReadModel, graph: Graph): Origin {
  const { parts, irVersion } = model;
  const places: number[] = [];
  for (const [place, node] of parts.nodes.entries()) if ('id' in node) places.push(place);
  const nodes = new Map<NodeId, { place: number; node: Node }>();
  if (graph === model.graph) {
    for (const node of graph.nodes) nodes.set(node.id, { place: node.id, node });
  } else {
    for (const [i, node] of graph.nodes.entries()) {
      nodes.set(node.id, { place: places[i] as number, node });
    }
  }
  return { parts, irVersion, nodes, tensors: graph.tensors };
}

/**
 * The graph that was written, over the new file: constants that were ranges of the old file become
 * ranges of the new one, and those that were in memory are exchanged for ranges too.
 */
function takeOver(graph: Graph, old: OnnxDocument, written: Graph): Graph {
  if (graph.nodes.length !== written.nodes.length || graph.tensors.size !== written.tensors.size) {
    throw new Error(`${old.path} was not written as it should have been`);
  }
  const sources = old.sources();
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of graph.tensors) {
    const { data } = tensor;
    const twin = written.tensors.get(name);
    if (!twin) throw new Error(`${old.path} was written without ${name}`);
    const isMovable =
      tensor.name === name &&
      ((data instanceof FileData && twin.data instanceof FileData) || data instanceof TypedData);
    if (!isMovable || !sources.has(data.source)) tensors.set(name, twin);
    else {
      if (data instanceof TypedData) data.moveTo(twin.data);
      else if (twin.data instanceof FileData) data.moveTo(twin.data.source, twin.data.start);
      tensors.set(name, tensor);
    }
  }
  return { ...graph, tensors };
}

/** The graph with each constant named as it is filed. */
function withNames(graph: Graph): Graph {
  let isChanged = false;
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of graph.tensors) {
    if (tensor.name !== name) isChanged = true;
    tensors.set(name, tensor.name === name ? tensor : { ...tensor, name });
  }
  return isChanged ? { ...graph, tensors } : graph;
}
