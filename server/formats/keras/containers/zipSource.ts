import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { refuse } from '../../badFile.ts';
import { isObject, objectOf, textOf } from '../config/fields.ts';
import { parseJson } from '../config/json.ts';
import { readArchitecture, type KerasModel } from '../config/model.ts';
import { saveZip } from '../save/saveZip.ts';
import type { JsonObject, KerasChanges, KerasSource, LayerWeights } from '../source.ts';
import { Hdf5File } from './hdf5.ts';
import { bindVariables } from './variablePaths.ts';
import { OpenZip, type ZipEntry } from './zipFile.ts';

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';
const PREFIX = 'rangefinder.';

/** A `.keras` file: a zip of two JSON texts and an HDF5 file, which is unpacked while it is open. */
export class ZipSource implements KerasSource {
  readonly label: string;
  readonly sizeBytes: number;
  readonly producer: string;
  readonly version: string;
  readonly metadata = new Map<string, string>();

  private constructor(
    readonly path: string,
    private readonly folder: string,
    private readonly file: Hdf5File,
    private readonly texts: { readonly config: string; readonly metadata: string },
    readonly architecture: JsonObject,
    about: JsonObject,
  ) {
    this.sizeBytes = fs.statSync(path).size;
    const version = textOf(about['keras_version']);
    this.version = version || '3';
    this.label = `Keras ${version || '3'}`;
    this.producer = `keras ${version}`.trim();
    for (const [name, value] of Object.entries(about)) {
      if (name.startsWith(PREFIX) && typeof value === 'string') this.metadata.set(name, value);
    }
  }

  static async open(file: string): Promise<ZipSource> {
    const zip = await OpenZip.open(file);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rangefinder-keras-'));
    try {
      const config = await zip.text(needed(zip, CONFIG));
      const about = zip.entry(METADATA);
      const metadata = about ? await zip.text(about) : '{}';
      const architecture = parseJson(config, `${file}: ${CONFIG}`);
      if (!isObject(architecture)) {
        refuse({
          code: 'bad-architecture',
          message: `${file}: ${CONFIG} is not an architecture.`,
          where: CONFIG,
          remedy: 'Save the model again with Keras.',
        });
      }
      const weights = path.join(folder, WEIGHTS);
      await zip.extract(needed(zip, WEIGHTS), weights);
      const hdf5 = await Hdf5File.open(weights, 'r', `${file}: ${WEIGHTS}`);
      const facts = objectOf(parseJson(metadata, `${file}: ${METADATA}`));
      return new ZipSource(file, folder, hdf5, { config, metadata }, architecture, facts);
    } catch (thrown) {
      fs.rmSync(folder, { recursive: true, force: true });
      throw thrown;
    } finally {
      zip.close();
    }
  }

  bind(model: KerasModel): Map<string, LayerWeights> {
    return bindVariables(this.file, model);
  }

  weightsOnly(): Map<string, LayerWeights> {
    return new Map();
  }

  save(target: string, changes: KerasChanges | undefined): Promise<string[]> {
    const names = { config: CONFIG, metadata: METADATA, weights: WEIGHTS };
    const model = readArchitecture(this.architecture, this.path);
    const place = { path: this.path, weights: this.file, texts: this.texts, names, model };
    return saveZip(place, target, changes);
  }

  dispose(): void {
    this.file.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

function needed(zip: OpenZip, name: string): ZipEntry {
  return (
    zip.entry(name) ??
    refuse({
      code: 'entry-missing',
      message: `${zip.path} has no "${name}": it is not a .keras file, or not a whole one.`,
      where: name,
      remedy: 'Save the model again with Keras 3.',
    })
  );
}
