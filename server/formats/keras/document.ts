import fs from 'node:fs';
import path from 'node:path';
import type { Graph } from '../../core/graph/graph.ts';
import { elementCount, isFloat } from '../../core/graph/tensor.ts';
import { noJob, type Job } from '../../core/job.ts';
import type { Result } from '../../core/result.ts';
import { replaceFile, writeFault } from '../atomicFile.ts';
import { attempt, BadFile, readFault, refuse } from '../badFile.ts';
import type {
  EncodedModel,
  FormatFault,
  FormatIssue,
  ModelDocument,
  ModelInfo,
} from '../format.ts';
import { isSamePath } from '../samePath.ts';
import { readArchitecture } from './config/model.ts';
import type { Interchange } from './interchange.ts';
import { layersModelOf } from './layers/layersModel.ts';
import { KERAS_DOMAIN, lowerModel } from './lower/lowerModel.ts';
import { lowerWeights } from './lower/lowerWeights.ts';
import { ViewData } from './lower/weightViews.ts';
import { changesOf, tensorsOnFile, type Base } from './save/changesOf.ts';
import type { KerasSource } from './source.ts';

/** Protobuf's limit is 2 GiB. */
const LARGEST_BYTES = 2 ** 31 - 2 ** 24;

/** Opens a container of a Keras model. */
export type OpenSource = (file: string) => Promise<KerasSource>;

/** Opens a Keras or TF.js layers model; its large weights are not read. */
export const openKeras = (
  format: string,
  file: string,
  open: OpenSource,
  onnx: Interchange,
): Promise<Result<ModelDocument, FormatFault>> =>
  attempt(
    async () => new KerasDocument(format, open, onnx, await open(file)),
    (error) => readFault(error, file),
  );

class KerasDocument implements ModelDocument {
  readonly path: string;
  readonly info: ModelInfo;
  readonly graph: Graph;
  readonly issues: readonly FormatIssue[];
  readonly #base: Base;

  /**
   * `saved`: the file was just written of this graph, which goes on with its nodes; `said`: what
   * writing it changed besides.
   */
  constructor(
    private readonly format: string,
    private readonly open: OpenSource,
    private readonly onnx: Interchange,
    private readonly source: KerasSource,
    saved?: { readonly graph: Graph; readonly base: Base },
    said: readonly string[] = [],
  ) {
    try {
      const read = readBase(source);
      const graph = saved ? takeOver(saved.graph, saved.base, read) : read.graph;
      const { statistics, stale } = onnx.parseStatistics(
        source.metadata.get(onnx.statisticsKey) ?? '',
        read.graph,
      );
      this.path = source.path;
      this.graph = saved ? graph : { ...graph, statistics };
      this.#base = saved
        ? {
            ...saved.base,
            weights: read.weights,
            onFile: tensorsOnFile(saved.base.origins, graph),
          }
        : read;
      this.issues = [
        ...issuesOf(source, read, saved ? [] : stale),
        ...said.map((message) => ({ code: 'saved', severity: 'info' as const, message })),
      ];
      this.info = infoOf(format, source, read.graph);
    } catch (thrown) {
      source.dispose();
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
        if (/\.onnx$/i.test(target)) return this.#export(graph, target, notes, job);
        this.#refuseOtherKind(target);
        const isOwn = isSamePath(target, this.path);
        const changes = changesOf(this.#base, this.source, graph, this.#metadata(graph, notes));
        if (isOwn && !changes && fs.existsSync(target)) return this;
        await job.checkpoint(0, 1, path.basename(target));
        const said = await this.source.save(target, changes);
        const source = await this.open(target);
        if (!isOwn)
          return new KerasDocument(this.format, this.open, this.onnx, source, undefined, said);
        const written = new KerasDocument(
          this.format,
          this.open,
          this.onnx,
          source,
          {
            graph,
            base: this.#base,
          },
          said,
        );
        this.dispose();
        return written;
      },
      (error) => writeFault(error, target),
    );
  }

  /** ONNX is made when it is asked for; an engine may take the layers instead. */
  encode(graph: Graph, extraOutputs: readonly string[]): EncodedModel {
    let bytes: Uint8Array | undefined;
    const make = (): Uint8Array => (bytes ??= this.#bytes(graph, extraOutputs));
    return {
      get bytes() {
        return make();
      },
      folder: path.dirname(this.path),
      layers: () => layersModelOf(this.#base, this.source, graph),
    };
  }

  #bytes(graph: Graph, extraOutputs: readonly string[]): Uint8Array {
    this.#refuseOpaque(graph, 'cannot-run', 'run');
    const sizes = [...graph.tensors.values()].map(({ data }) => data.sizeBytes);
    if (sizes.reduce((a, b) => a + b, 0) > LARGEST_BYTES) {
      refuse({
        code: 'too-large',
        message: `${this.path} holds more weights than can be handed to the runtime in one piece.`,
        where: this.path,
        remedy: 'Save the model as ONNX elsewhere, in parts.',
      });
    }
    return this.onnx.encode(graph, extraOutputs);
  }

  get siblings(): readonly string[] {
    return this.source.siblings ?? [];
  }

  dispose(): void {
    this.source.dispose();
  }

  /** Writes the graph as ONNX: names, axis order and types of inputs and outputs stay. */
  async #export(
    graph: Graph,
    target: string,
    notes: ReadonlyMap<string, string>,
    job: Job,
  ): Promise<ModelDocument> {
    this.#refuseOpaque(graph, 'cannot-express', 'saved as ONNX');
    await replaceFile(target, (file) => file.write(this.onnx.encode(graph)));
    const opened = take(await this.onnx.open(target, job));
    const own = { ...opened.graph, statistics: graph.statistics };
    return take(await opened.write(own, target, notes, noJob));
  }

  /** What the file's metadata is to say, besides what it says of itself. */
  #metadata(graph: Graph, notes: ReadonlyMap<string, string>): Map<string, string> {
    const { statisticsKey, formatStatistics } = this.onnx;
    return new Map([
      ...notes,
      [
        statisticsKey,
        graph.statistics.size > 0 ? formatStatistics(renamed(graph, this.#base)) : '',
      ],
    ]);
  }

  #refuseOtherKind(target: string): void {
    const kind = (name: string): string => {
      const extension = path.extname(name).toLowerCase();
      return extension === '.hdf5' ? '.h5' : extension;
    };
    if (kind(target) === kind(this.path)) return;
    refuse({
      code: 'cannot-convert',
      message: `${this.path} cannot be written as ${path.basename(target)}: a ${kind(this.path)} model is saved as ${kind(this.path)}, or exported as .onnx.`,
      where: target,
      remedy: `Choose a name that ends in ${kind(this.path)} or .onnx.`,
    });
  }

  #refuseOpaque(graph: Graph, code: string, what: string): void {
    const node = graph.nodes.find(({ domain }) => domain === KERAS_DOMAIN);
    if (!node && this.#base.model) return;
    refuse({
      code,
      message: node
        ? `The layer "${node.name}" (${node.op}) cannot be ${what === 'run' ? 'run' : what}: its class is not known here, or uses an option that is not.`
        : `${this.path} holds weights without an architecture: it cannot be ${what}.`,
      where: node?.name ?? this.path,
      remedy: node
        ? 'Its weights can be looked at; to go on, export the model with a tool that knows the layer.'
        : 'Save the whole model: model.save instead of model.save_weights.',
    });
  }
}

function readBase(source: KerasSource): Base {
  const { architecture } = source;
  if (!architecture) {
    const weights = source.weightsOnly();
    const lowered = lowerWeights(weights);
    const onFile = tensorsOnFile(lowered.origins, lowered.graph);
    return { ...lowered, architecture: undefined, model: undefined, weights, onFile };
  }
  const model = readArchitecture(architecture, source.path);
  const weights = source.bind(model);
  const lowered = lowerModel(model, weights, source.version, source.path);
  const onFile = tensorsOnFile(lowered.origins, lowered.graph);
  return { ...lowered, architecture, model, weights, onFile };
}

/**
 * The graph with values called as they will be when the file is read again: after their own layer,
 * not after one that was folded into it and is gone.
 */
function renamed(graph: Graph, base: Base): Graph {
  const before = new Map(base.graph.nodes.map((node) => [node.id, node]));
  const names = new Map<string, string>();
  for (const { id, outputs } of graph.nodes) {
    for (const [i, name] of outputs.entries()) names.set(name, before.get(id)?.outputs[i] ?? name);
  }
  const name = (value: string): string => names.get(value) ?? value;
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(name),
      outputs: node.outputs.map(name),
    })),
    statistics: new Map([...graph.statistics].map(([value, one]) => [name(value), one])),
  };
}

/**
 * The graph that was written, over the new file: constants that were read from the old file are read
 * from the new one, and so are those that were in memory.
 */
function takeOver(graph: Graph, base: Base, read: Base): Graph {
  const tensors = new Map(graph.tensors);
  const moved = new Set<string>();
  for (const node of graph.nodes) {
    const origin = base.origins.get(node.id);
    for (const [input, { slot, view }] of origin?.weights ?? []) {
      const name = node.inputs[input] ?? '';
      const tensor = tensors.get(name);
      const weight = read.weights.get(origin?.layer ?? '')?.get(slot);
      if (!tensor || !weight || moved.has(name)) continue;
      moved.add(name);
      if (tensor.data instanceof ViewData) tensor.data.moveTo(weight);
      else tensors.set(name, { ...tensor, name, data: new ViewData(weight, view, tensor.type) });
    }
  }
  const byName = new Map(
    [...read.weights.values()].flatMap((own) => [...own.values()].map((one) => [one.name, one])),
  );
  for (const [name, { data }] of tensors) {
    const weight = data instanceof ViewData && !moved.has(name) ? byName.get(data.name) : undefined;
    if (weight && data instanceof ViewData) data.moveTo(weight);
  }
  return { ...graph, tensors };
}

function issuesOf(source: KerasSource, base: Base, stale: readonly string[]): FormatIssue[] {
  const out: FormatIssue[] = [];
  for (const layer of base.opaque) {
    out.push({
      code: 'opaque-layer',
      severity: 'warning',
      message: `The layer "${layer.name}" (${layer.className}) cannot be run here; its weights are diagnosed, and corrections stop at it.`,
      where: layer.name,
    });
  }
  if (!base.model) {
    out.push({
      code: 'weights-only',
      severity: 'warning',
      message: `${path.basename(source.path)} holds weights without an architecture: its weights are diagnosed, and it cannot be run.`,
    });
  }
  if (stale.length > 0) {
    out.push({
      code: 'stale-statistics',
      severity: 'warning',
      message: `The statistics kept for ${stale.join(', ')} do not fit the weights any more and are left out.`,
    });
  }
  return out;
}

function infoOf(format: string, source: KerasSource, graph: Graph): ModelInfo {
  let parameterCount = 0;
  for (const { type, dims } of graph.tensors.values()) {
    if (isFloat(type)) parameterCount += elementCount(dims);
  }
  return {
    format,
    label: source.label,
    producer: source.producer,
    sizeBytes: source.sizeBytes,
    parameterCount,
    nodeCount: graph.nodes.length,
    metadata: source.metadata,
  };
}

function take<T>(result: Result<T, FormatFault>): T {
  if (result.ok) return result.value;
  throw new BadFile(result.error);
}
