import type { Graph } from '../core/graph/graph.ts';
import { liveValues, segmentOf, type Segment } from '../core/graph/segment.ts';
import type { ElementType } from '../core/graph/tensor.ts';
import type { Simulation } from '../core/quant/simulateGraph.ts';
import type { Engine, EngineModel } from '../engines/engine.ts';
import type { TaskNetwork } from '../engines/sampleTask.ts';
import { encodeGraph } from '../formats/onnx/encode.ts';

/** What is computed and kept to stand at a place, and what may be forgotten then. */
export interface FrontierStep {
  readonly compute: readonly string[];
  readonly forget: readonly string[];
}

let lastWalk = 0;

/**
 * A walk through a network with the values that are needed further on kept for every sample, so
 * that what lies before a place is computed once and not once for each place.
 */
export class Frontier {
  /** Values of the walked network that are kept now. */
  #kept: ReadonlySet<string> = new Set();

  readonly #serial = ++lastWalk;
  readonly #names = new Set<string>();

  /** The value from which one was made that has its type. */
  readonly #origins = new Map<string, string>();

  constructor(private readonly types: ReadonlyMap<string, ElementType>) {}

  /** Rounded values of a simulation of the network: they have the types of what they round. */
  knowRounded(rounded: Simulation['rounded']): void {
    for (const [value, name] of rounded) this.knowName(name, value);
  }

  /** A value made of another one of the network: it has its type. */
  knowName(name: string, of: string): void {
    this.#origins.set(name, this.#origins.get(of) ?? of);
  }

  /** Name under which a value is kept: the walk's own, since an engine may serve several at once. */
  keptName(value: string): string {
    const name = `walk ${this.#serial}: ${value}`;
    this.#names.add(name);
    return name;
  }

  /** Lets go of everything that the walk keeps. */
  async end(engine: Pick<Engine, 'forget'>): Promise<void> {
    if (this.#names.size > 0) await engine.forget?.([...this.#names]);
  }

  get kept(): ReadonlySet<string> {
    return this.#kept;
  }

  /**
   * The network that computes `wanted` from what is kept; undefined where it cannot be cut out.
   * `needsFeeds`: it reads inputs of the model, too.
   */
  network(
    graph: Graph,
    wanted: Iterable<string>,
    extra: Pick<TaskNetwork, 'keeps'> = {},
  ): { readonly network: TaskNetwork; readonly needsFeeds: boolean } | undefined {
    const segment = segmentOf(graph, this.#kept, wanted, (value) =>
      this.types.get(this.#origins.get(value) ?? value),
    );
    if (!segment) return undefined;
    const taken = segment.inputs.filter((name) => this.#kept.has(name));
    return {
      network: {
        model: modelOf(segment),
        takes: taken.map((input) => ({ input, kept: this.keptName(input) })),
        ...extra,
      },
      needsFeeds: taken.length < segment.inputs.length,
    };
  }

  /**
   * What must be computed and kept to stand before node `position` of the graph, and what may be
   * forgotten then. Call `moved` when it was done.
   */
  step(graph: Graph, position: number): FrontierStep {
    const inputs = new Set(graph.inputs.map(({ name }) => name));
    const live = [...(liveValues(graph)[position] ?? [])].filter((name) => !inputs.has(name));
    const next = new Set(live);
    return {
      compute: live.filter((name) => !this.#kept.has(name)),
      forget: [...this.#kept].filter((name) => !next.has(name)),
    };
  }

  /** The step was done: these are kept now, those are not any more. */
  moved({ compute, forget }: FrontierStep): void {
    const gone = new Set(forget);
    this.#kept = new Set([...this.#kept].filter((name) => !gone.has(name)).concat(compute));
  }
}

const modelOf = ({ graph }: Segment): EngineModel => ({ bytes: encodeGraph(graph), folder: '' });
