import fs from 'node:fs';
import { refuse } from '../../badFile.ts';
import { isObject } from '../config/fields.ts';
import { parseJson } from '../config/json.ts';
import { readArchitecture, type KerasModel } from '../config/model.ts';
import { saveHdf5 } from '../save/saveHdf5.ts';
import type {
  JsonObject,
  KerasChanges,
  KerasSource,
  KerasWeight,
  LayerWeights,
} from '../source.ts';
import { Hdf5File } from './hdf5.ts';
import { allGroups, bindGroups, datasetsUnder } from './layerGroups.ts';

const PREFIX = 'rangefinder.';

/** `.h5` and `.hdf5`, as Keras 1, 2 and 3 write them, with an architecture or with weights only. */
export class H5Source implements KerasSource {
  readonly label: string;
  readonly sizeBytes: number;
  readonly producer: string;
  readonly version: string;
  readonly metadata = new Map<string, string>();

  private constructor(
    readonly path: string,
    private readonly file: Hdf5File,
    /** The text of the architecture, for its style. */
    readonly text: string | undefined,
    readonly architecture: JsonObject | undefined,
    private readonly base: string,
  ) {
    this.sizeBytes = fs.statSync(path).size;
    const root = file.file;
    const version = file.text(root, 'keras_version') ?? this.#inner('keras_version');
    const backend = file.text(root, 'backend') ?? this.#inner('backend') ?? '';
    this.version = version ?? '1';
    this.label = `Keras ${version ?? '1'} (HDF5)`;
    this.producer = ['keras', version, backend && `(${backend})`].filter((one) => one).join(' ');
    for (const name of Object.keys(root.attrs)) {
      const value = name.startsWith(PREFIX) ? file.text(root, name) : undefined;
      if (value !== undefined) this.metadata.set(name, value);
    }
  }

  static async open(path: string): Promise<H5Source> {
    const file = await Hdf5File.open(path, 'r');
    try {
      const base = file.group('model_weights') ? 'model_weights' : '';
      const text = file.text(file.file, 'model_config');
      const parsed = text === undefined ? undefined : parseJson(text, `${path}: model_config`);
      if (parsed !== undefined && !isObject(parsed)) {
        refuse({
          code: 'bad-architecture',
          message: `${path}: the attribute model_config is not an architecture.`,
          where: 'model_config',
          remedy: 'Save the model again with Keras.',
        });
      }
      return new H5Source(path, file, text, parsed, base);
    } catch (thrown) {
      file.close();
      throw thrown;
    }
  }

  #inner(name: string): string | undefined {
    const group = this.base === '' ? undefined : this.file.group(this.base);
    return group && this.file.text(group, name);
  }

  bind(model: KerasModel): Map<string, LayerWeights> {
    return bindGroups(this.file, this.base, model);
  }

  weightsOnly(): Map<string, LayerWeights> {
    const root = this.file.group(this.base);
    if (root && this.file.texts(root, 'layer_names')) return allGroups(this.file, this.base);
    const out = new Map<string, Map<string, KerasWeight>>();
    for (const name of datasetsUnder(this.file, '')) {
      if (/^(optimizer|optimizer_weights|_optimizer)\//.test(name)) continue;
      const parts = name.split('/');
      const layer =
        parts
          .slice(0, -1)
          .join('/')
          .replace(/\/vars$/, '') || 'weights';
      const own = out.get(layer) ?? new Map<string, KerasWeight>();
      const slot = parts.at(-1) ?? '';
      out.set(layer, own);
      own.set(slot, { name, ...this.file.tensor(name) });
    }
    if (out.size === 0) {
      refuse({
        code: 'no-model',
        message: `${this.path} is an HDF5 file without a Keras model: it has neither an architecture nor weights.`,
        where: this.path,
        remedy: 'Choose a file that Keras saved.',
      });
    }
    return out;
  }

  save(target: string, changes: KerasChanges | undefined): Promise<string[]> {
    const model = this.architecture && readArchitecture(this.architecture, this.path);
    const style = this.text ?? '{"a": 1}';
    const place = { path: this.path, base: this.base, style, model };
    return saveHdf5(place, target, changes);
  }

  dispose(): void {
    this.file.close();
  }
}
