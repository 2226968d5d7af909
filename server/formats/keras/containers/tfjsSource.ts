import fs from 'node:fs';
import { refuse } from '../../badFile.ts';
import type { FormatFault } from '../../format.ts';
import { freeSlot, mismatch } from '../config/assign.ts';
import { isObject, objectOf, textOf } from '../config/fields.ts';
import { parseJson } from '../config/json.ts';
import { leavesOf, readArchitecture, type KerasModel } from '../config/model.ts';
import { slotsOf } from '../config/slots.ts';
import { saveTfjs } from '../save/saveTfjs.ts';
import type {
  JsonObject,
  KerasChanges,
  KerasSource,
  KerasWeight,
  LayerWeights,
} from '../source.ts';
import { DequantizedData, readManifest, ShardedData, type WeightGroup } from './shards.ts';

const MAX_JSON_BYTES = 512 * 1024 * 1024;
const PREFIX = 'rangefinder.';

/** A TF.js layers model: `model.json` and its weight shards. */
export class TfjsSource implements KerasSource {
  readonly siblings: readonly string[];
  readonly label: string;
  readonly sizeBytes: number;
  readonly producer: string;
  readonly version: string;
  readonly metadata = new Map<string, string>();

  private constructor(
    readonly path: string,
    private readonly text: string,
    private readonly document: JsonObject,
    readonly architecture: JsonObject,
    private readonly groups: readonly WeightGroup[],
  ) {
    const topology = objectOf(document['modelTopology']);
    const version = textOf(topology['keras_version']);
    this.version = version || 'tfjs';
    this.label = version.startsWith('tfjs')
      ? 'TensorFlow.js layers model'
      : `TensorFlow.js layers model (Keras ${version || '?'})`;
    this.producer = [document['generatedBy'], document['convertedBy']]
      .map((one) => textOf(one))
      .filter((one) => one !== '')
      .join(', ');
    const shards = groups.flatMap((group) => group.shards);
    this.siblings = shards.map((shard) => shard.path);
    this.sizeBytes = shards.reduce(
      (sum, { sizeBytes }) => sum + sizeBytes,
      Buffer.byteLength(text),
    );
    for (const [name, value] of Object.entries(objectOf(document['userDefinedMetadata']))) {
      if (name.startsWith(PREFIX) && typeof value === 'string') this.metadata.set(name, value);
    }
  }

  static async open(path: string): Promise<TfjsSource> {
    if (fs.statSync(path).size > MAX_JSON_BYTES) {
      refuse({
        code: 'too-large',
        message: `${path} is larger than an architecture can be (512 MB).`,
        where: path,
        remedy: 'Check that this is the model.json of a TensorFlow.js model.',
      });
    }
    return TfjsSource.read(path, await fs.promises.readFile(path, 'utf8'));
  }

  /** A text as the file with this path would have it; its shards lie beside the path. */
  static read(path: string, text: string): TfjsSource {
    const document = parseJson(text, path);
    const topology = isObject(document) ? objectOf(document['modelTopology']) : {};
    if (isObject(document) && isArchitecture(document)) refuse(withoutWeights(path));
    if (!isObject(document) || Object.keys(topology).length === 0) {
      refuse({
        code: 'not-tfjs',
        message: `${path} is not a TensorFlow.js model: it has no modelTopology.`,
        where: path,
        remedy: 'Choose the model.json that TensorFlow.js or its converter wrote.',
      });
    }
    if (document['format'] === 'graph-model' || 'node' in topology) {
      refuse({
        code: 'not-supported-yet',
        message: `${path} is a TensorFlow.js graph model; layers models can be opened.`,
        where: path,
        remedy:
          'Convert the original model with --output_format=tfjs_layers_model, or export it as ONNX.',
      });
    }
    const inner = topology['model_config'];
    const architecture = isObject(inner) ? inner : topology;
    return new TfjsSource(
      path,
      text,
      document,
      architecture,
      readManifest(document['weightsManifest'], path),
    );
  }

  bind(model: KerasModel): Map<string, LayerWeights> {
    const byName = this.#byName();
    const out = new Map<string, LayerWeights>();
    for (const leaf of leavesOf(model)) {
      const slots = slotsOf(leaf);
      const own = new Map<string, KerasWeight>();
      for (const { name } of slots ?? []) {
        const found = byName.find(leaf.name, leaf.key, name);
        if (!found) mismatch(this.path, leaf, `"${leaf.name}/${name}" is not in the manifest`);
        own.set(name, found);
      }
      if (!slots) for (const one of byName.under(leaf.name)) own.set(freeSlot(one, own), one);
      if (own.size > 0) out.set(leaf.key, own);
    }
    return out;
  }

  weightsOnly(): Map<string, LayerWeights> {
    return new Map();
  }

  #byName(): WeightIndex {
    const weights = this.groups.flatMap(({ shards, weights: listed }) =>
      listed.map(({ name, type, dims, quantization, start, end }): KerasWeight => {
        const data = new ShardedData(shards, start, end);
        if (!quantization) return { name, type, dims, data };
        if (quantization.stored === 'float16') return { name, type: 'float16', dims, data };
        return { name, type: 'float32', dims, data: new DequantizedData(data, quantization) };
      }),
    );
    return new WeightIndex(weights);
  }

  save(target: string, changes: KerasChanges | undefined): Promise<string[]> {
    const { path, text, document, groups } = this;
    const bound = this.bind(readArchitecture(this.architecture, path));
    const names = new Map(
      [...bound].map(([key, own]) => [
        key,
        new Map([...own].map(([slot, { name }]) => [slot, name] as const)),
      ]),
    );
    return saveTfjs({ path, text, document, groups, names }, target, changes);
  }

  dispose(): void {
    for (const { shards } of this.groups) for (const shard of shards) shard.close();
  }
}

/** What `model.to_json()` of Keras gives: `{ class_name, config }`, and nothing else that counts. */
export const isArchitecture = (document: JsonObject): boolean =>
  document['modelTopology'] === undefined &&
  typeof document['class_name'] === 'string' &&
  isObject(document['config']);

const withoutWeights = (path: string): FormatFault => ({
  code: 'not-tfjs',
  message: `${path} holds the architecture of a Keras model and no weights, as model.to_json() writes it.`,
  where: path,
  remedy: "Save the whole model, as model.save('model.keras') does, and open that file.",
});

/** Finds a layer's weights among the names of a manifest, `layer/kernel` as a rule. */
class WeightIndex {
  readonly #byName: ReadonlyMap<string, KerasWeight>;

  constructor(private readonly weights: readonly KerasWeight[]) {
    this.#byName = new Map(weights.map((weight) => [weight.name.replace(/:\d+$/, ''), weight]));
  }

  find(layer: string, key: string, slot: string): KerasWeight | undefined {
    const direct = this.#byName.get(`${layer}/${slot}`) ?? this.#byName.get(`${key}/${slot}`);
    if (direct) return direct;
    const way = /^(forward|backward)\//.exec(slot)?.[1] ?? '';
    const base = slot.slice(slot.lastIndexOf('/') + 1);
    const part = slot.includes('/') && way === '' ? slot.split('/')[0] : undefined;
    const fitting = this.under(layer).filter(({ name }) => {
      const parts = name.replace(/:\d+$/, '').split('/');
      const fitsWay = way === '' || parts.some((one) => one.startsWith(way));
      return parts.at(-1) === base && fitsWay && (part === undefined || parts.includes(part));
    });
    return fitting.length === 1 ? fitting[0] : undefined;
  }

  /** All whose name has this layer in it. */
  under(layer: string): KerasWeight[] {
    return this.weights.filter(({ name }) => name.split('/').slice(0, -1).includes(layer));
  }
}
