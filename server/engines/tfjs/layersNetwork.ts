import type { LayersModel, LayerValue } from '../../core/graph/layersModel.ts';
import { checkFeeds } from '../checkFeeds.ts';
import { EngineFault, type EngineTensor, type Runner } from '../engine.ts';
import type { NamedTensors, ValueHead } from '../protocol.ts';
import type { OpenNetwork } from '../serveNetworks.ts';
import { explainFault } from './explainFault.ts';
import { refuseKnownFaults } from './knownFaults.ts';
import type { Tensor, TfjsLayer, TfjsLibrary, TfjsModel } from './library.ts';
import { nounText } from '../../core/reports/words.ts';

/** A layers model that TensorFlow.js has open. Layers hand out what they gave when they are run. */
export class LayersNetwork implements OpenNetwork {
  readonly inputs: readonly ValueHead[];
  readonly outputs: readonly ValueHead[];
  readonly #values: ReadonlyMap<string, LayerValue>;
  /** Values that are to be kept in this run, and those that were. */
  #wanted = new Set<string>();
  readonly #kept = new Map<string, Tensor>();

  private constructor(
    private readonly library: TfjsLibrary,
    readonly runner: Runner,
    private readonly model: TfjsModel,
    private readonly layers: LayersModel,
  ) {
    this.inputs = layers.inputs.map(({ name, type }, i) => ({
      name,
      type,
      shape: shapeOf(model.inputs[i]?.shape),
    }));
    const own = layers.outputs.map((name, i): ValueHead => ({
      name,
      type: 'float32',
      shape: shapeOf(model.outputs[i]?.shape),
    }));
    const taken = new Set(layers.outputs);
    const values = layers.values.filter(({ name }) => !taken.has(name));
    this.#values = new Map(values.map((value) => [value.name, value]));
    for (const value of values) this.#listen(value);
    this.outputs = [...own, ...values.map((value) => this.#headOf(value))];
  }

  /** Loads the architecture and gives each layer its weights. */
  static async open(
    library: TfjsLibrary,
    runner: Runner,
    layers: LayersModel,
  ): Promise<LayersNetwork> {
    const modelTopology = JSON.parse(layers.topology) as object;
    let model: TfjsModel;
    try {
      model = await library.loadLayersModel({ load: () => Promise.resolve({ modelTopology }) });
    } catch (thrown) {
      throw explainFault('cannot-load', thrown, layers.topology);
    }
    try {
      for (const { layer: path, weights } of layers.weights) {
        const layer = layerAt(model, path);
        refuseKnownFaults(layer);
        if (layer.weights.length !== weights.length) {
          const text = `TensorFlow.js gives the layer "${layer.name}" ${nounText(layer.weights.length, 'weight')}, and the file has ${weights.length}.`;
          throw new EngineFault('cannot-load', text, layer.name);
        }
        const tensors = weights.map(({ values, dims }) => library.tensor(values, [...dims]));
        layer.setWeights(tensors);
        library.dispose(tensors);
      }
      return new LayersNetwork(library, runner, model, layers);
    } catch (thrown) {
      model.dispose();
      if (thrown instanceof EngineFault) throw thrown;
      throw explainFault('cannot-load', thrown, layers.topology);
    }
  }

  async run<T>(
    feeds: NamedTensors,
    wanted: readonly string[] | undefined,
    use: (outputs: ReadonlyMap<string, EngineTensor>) => T | Promise<T>,
  ): Promise<T> {
    const names = wanted ?? this.layers.outputs;
    for (const name of names) this.#checkOutput(name);
    checkFeeds(this.inputs, new Map(feeds.map(([name, { dims }]) => [name, dims])));
    return use(await this.#compute(new Map(feeds), names));
  }

  release(): Promise<void> {
    this.model.dispose();
    return Promise.resolve();
  }

  async #compute(
    feeds: ReadonlyMap<string, EngineTensor>,
    names: readonly string[],
  ): Promise<Map<string, EngineTensor>> {
    try {
      return this.#once(feeds, names);
    } catch (thrown) {
      const text = thrown instanceof Error ? thrown.message : '';
      // WebAssembly lacks some kernels that plain JavaScript has.
      const isLacking = /not registered for backend 'wasm'/.test(text);
      if (!isLacking || !(await this.library.setBackend('cpu'))) {
        throw explainFault('cannot-run', thrown, this.layers.topology);
      }
    }
    try {
      return this.#once(feeds, names);
    } catch (thrown) {
      throw explainFault('cannot-run', thrown, this.layers.topology);
    } finally {
      await this.library.setBackend('wasm');
    }
  }

  #once(
    feeds: ReadonlyMap<string, EngineTensor>,
    names: readonly string[],
  ): Map<string, EngineTensor> {
    const { library, model, layers } = this;
    this.#wanted = new Set(names);
    const results = new Map<string, EngineTensor>();
    try {
      library.tidy(() => {
        const inputs = layers.inputs.map(({ name, type }) => this.#input(feeds, name, type));
        const given = inputs.length === 1 ? inputs[0]! : inputs;
        const made = model.apply(given, { training: false }) as Tensor | Tensor[];
        const outputs = Array.isArray(made) ? made : [made];
        const byName = new Map(layers.outputs.map((name, i) => [name, outputs[i]]));
        for (const name of names) {
          results.set(name, toEngineTensor(byName.get(name) ?? this.#moved(name)));
        }
      });
      return results;
    } finally {
      this.#wanted.clear();
      for (const tensor of this.#kept.values()) tensor.dispose();
      this.#kept.clear();
    }
  }

  #input(
    feeds: ReadonlyMap<string, EngineTensor>,
    name: string,
    type: 'float32' | 'int32',
  ): Tensor {
    const fed = feeds.get(name);
    if (!fed) throw new Error(`nothing for ${name}`);
    const numbers = Array.from(fed.values as ArrayLike<number | bigint>, Number);
    const values = type === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
    return this.library.tensor(values, [...fed.dims], type);
  }

  /** A value of a layer, in the axis order of the graph. */
  #moved(name: string): Tensor {
    const tensor = this.#kept.get(name);
    if (!tensor) throw new Error(`the layer that gives "${name}" was not run`);
    const rank = tensor.shape.length;
    if (!this.#values.get(name)?.isMoved || rank < 3) return tensor;
    const between = Array.from({ length: rank - 2 }, (_, i) => i + 1);
    return this.library.transpose(tensor, [0, rank - 1, ...between]);
  }

  /** Keeps what a layer gives, where it is wanted. */
  #listen({ name, layer: path }: LayerValue): void {
    const layer = layerAt(this.model, path);
    const apply = layer.apply.bind(layer);
    layer.apply = (inputs, kwargs) => {
      const result = apply(inputs, kwargs);
      if (this.#wanted.has(name) && isTensor(result)) {
        this.#kept.get(name)?.dispose();
        this.#kept.set(name, this.library.keep(result.clone()));
      }
      return result;
    };
  }

  #headOf({ name, layer, isMoved }: LayerValue): ValueHead {
    const shape = shapeOf(firstShape(layerAt(this.model, layer).outputShape));
    const order =
      isMoved && shape.length > 2 ? [shape[0]!, shape.at(-1)!, ...shape.slice(1, -1)] : shape;
    return { name, type: 'float32', shape: order };
  }

  #checkOutput(name: string): void {
    if (this.layers.outputs.includes(name) || this.#values.has(name)) return;
    const text = `"${name}" is not what a layer gives, so TensorFlow.js cannot hand it out.`;
    throw new EngineFault('cannot-run', text, name);
  }
}

type Shape = readonly (number | null)[];

const shapeOf = (shape: Shape | undefined): (number | string)[] =>
  (shape ?? []).map((size, axis) => size ?? (axis === 0 ? 'batch' : ''));

const firstShape = (shape: unknown): Shape =>
  Array.isArray(shape) && Array.isArray(shape[0]) ? (shape[0] as Shape) : (shape as Shape);

const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'dataSync' in value;

/** The layer with this name in each of the models around it. */
function layerAt(model: TfjsModel, path: readonly string[]): TfjsLayer {
  let layers = model.layers;
  let found: TfjsLayer | undefined;
  for (const name of path) {
    found = layers.find((layer) => layer.name === name);
    layers = (found as { layers?: TfjsLayer[] } | undefined)?.layers ?? [];
  }
  if (found) return found;
  const text = `TensorFlow.js does not find the layer "${path.join('/')}".`;
  throw new EngineFault('cannot-load', text, path.at(-1));
}

function toEngineTensor(tensor: Tensor | undefined): EngineTensor {
  if (!tensor) throw new Error('an output is missing');
  const { shape: dims, dtype } = tensor;
  const values = tensor.dataSync();
  if (dtype === 'int32') return { type: 'int32', dims, values: Int32Array.from(values) };
  if (dtype === 'bool') return { type: 'bool', dims, values: Uint8Array.from(values) };
  return { type: 'float32', dims, values: Float32Array.from(values) };
}
