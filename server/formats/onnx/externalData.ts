import fs from 'node:fs';
import path from 'node:path';
import { isSystemError, readFault, refuse } from '../badFile.ts';
import { isInside } from '../samePath.ts';
import { FileSource } from '../fileSource.ts';

/** Where a TensorProto says its data is. */
export interface ExternalReference {
  readonly location: string;
  readonly offset: number;
  readonly length: number | undefined;
}

/**
 * The files beside a model that hold its weights. Each is opened when first asked for. A path that
 * leads out of the model's folder is refused: absolute, with `..`, or through a link.
 */
export class ExternalFiles {
  readonly #sources = new Map<string, FileSource>();
  readonly #references = new Map<string, number>();
  /** How many tensors named a file, wherever in the model they are. */
  referenceCount = 0;

  constructor(
    private readonly modelPath: string,
    readonly folder = path.dirname(modelPath),
  ) {}

  /** The locations that have been asked for. */
  locations(): string[] {
    return [...this.#sources.keys()];
  }

  /** The opened file of a location; undefined where it was not asked for. */
  opened(location: string): FileSource | undefined {
    return this.#sources.get(location);
  }

  /** How many tensors named this file. */
  referencesTo(location: string): number {
    return this.#references.get(location) ?? 0;
  }

  /** The file at a location, for the tensor that names it. */
  source(location: string, tensorName: string): FileSource {
    this.referenceCount++;
    this.#references.set(location, this.referencesTo(location) + 1);
    const known = this.#sources.get(location);
    if (known) return known;
    const source = this.#open(location, tensorName);
    this.#sources.set(location, source);
    return source;
  }

  close(): void {
    for (const source of this.#sources.values()) source.close();
  }

  #open(location: string, tensorName: string): FileSource {
    const problem = unsafeLocation(location);
    if (problem) {
      refuse({
        code: 'external-path',
        message: `${this.modelPath}: the weights of "${tensorName}" are said to be in "${location}", which ${problem}.`,
        where: tensorName,
        remedy:
          'Weights must lie in the folder of the model: move the file there and export again.',
      });
    }
    const file = path.join(this.folder, location);
    try {
      if (!isInside(fs.realpathSync(file), fs.realpathSync(this.folder))) {
        refuse({
          code: 'external-path',
          message: `${this.modelPath}: the weights of "${tensorName}" are in "${location}", a link that leads out of the model's folder.`,
          where: tensorName,
          remedy: 'Put the file itself beside the model instead of a link.',
        });
      }
      return new FileSource(file);
    } catch (thrown) {
      if (!isSystemError(thrown)) throw thrown;
      if (thrown.code !== 'ENOENT' && thrown.code !== 'ENOTDIR') refuse(readFault(thrown, file));
      return refuse({
        code: 'external-data-missing',
        message: `${this.modelPath}: the file "${location}", which holds the weights of "${tensorName}", is missing.`,
        where: location,
        remedy: `Put ${path.basename(location)} beside the model, where it was when the model was exported.`,
        beside: [file],
      });
    }
  }
}

/** Why a location may not be followed; undefined when it may. Both separators count everywhere. */
function unsafeLocation(location: string): string | undefined {
  if (location === '') return 'is no path';
  if (location.includes('\0')) return 'is no path';
  if (/^([\\/]|[a-zA-Z]:)/.test(location)) return 'is an absolute path';
  if (location.split(/[\\/]/).includes('..')) return 'leads out of the folder by ".."';
  return undefined;
}
