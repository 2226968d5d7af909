import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import { isQuantizedModel } from '../core/quant/quantizedModel.ts';
import type { FormatFault, ModelDocument } from '../formats/format.ts';
import { openDocument } from '../formats/index.ts';
import { refusedFile } from '../refused.ts';
import { hashModel } from './fileHash.ts';
import { foldedOf } from './forecast.ts';
import { SpillFile } from './spill.ts';

/** A model that the open one is compared with: read, never written. */
export interface OtherModel {
  readonly document: ModelDocument;
  /** Of the file as it was read. */
  readonly hash: string;
}

/** The models that stand beside an open one, kept for as long as they are compared with. */
export class OtherModels {
  readonly #open = new Map<string, OtherModel>();
  readonly #folded = new Map<Graph, { readonly graph: Graph; readonly spill: SpillFile }>();
  #isDisposed = false;

  constructor(private readonly storageFolder: string) {}

  /** The model at a path, read again where the file has changed. Refuses with its fault. */
  async open(path: string, job: Job): Promise<OtherModel> {
    const known = this.#open.get(path);
    if (known && known.hash === (await hashModel(known.document))) return known;
    const opened = await openDocument(path, job);
    if (!opened.ok) throw refusedFile(withRemedy(opened.error));
    const document = opened.value;
    if (this.#isDisposed) document.dispose();
    else {
      this.#close(path);
      const other = { document, hash: (await hashModel(document)) ?? '' };
      this.#open.set(path, other);
      return other;
    }
    throw new Error('the model was closed while another was read');
  }

  /** Closes what is not compared with any more. */
  keepOnly(paths: readonly string[]): void {
    for (const path of this.#open.keys()) if (!paths.includes(path)) this.#close(path);
  }

  /** The graph with its batch norms folded, as every target has it; a quantized one as it is. */
  async folded(graph: Graph, job: Job): Promise<Graph> {
    if (isQuantizedModel(graph)) return graph;
    const known = this.#folded.get(graph);
    if (known) return known.graph;
    const spill = new SpillFile(this.storageFolder, `beside-${process.pid}-${++spillCount}.bin`);
    const folded = await foldedOf(graph, spill, job).catch((thrown: unknown) => {
      spill.dispose();
      throw thrown;
    });
    this.#folded.set(graph, { graph: folded, spill });
    return folded;
  }

  /** Forgets what was folded of graphs other than these and those that are open here. */
  forgetFolded(needed: readonly Graph[]): void {
    for (const [graph, { spill }] of this.#folded) {
      if (needed.includes(graph) || this.#isOther(graph)) continue;
      spill.dispose();
      this.#folded.delete(graph);
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.keepOnly([]);
    this.forgetFolded([]);
  }

  #isOther(graph: Graph): boolean {
    return [...this.#open.values()].some(({ document }) => document.graph === graph);
  }

  #close(path: string): void {
    this.#open.get(path)?.document.dispose();
    this.#open.delete(path);
  }
}

/** What is compared with is picked, not exported: the way out is another file or revision. */
const withRemedy = (fault: FormatFault): FormatFault =>
  fault.code === 'not-onnx'
    ? { ...fault, remedy: 'Choose another file, or another revision.' }
    : fault;

let spillCount = 0;
