import { BadFile, isSystemError, readFault } from '../badFile.ts';
import type { FormatFault } from '../format.ts';
import { isObject } from './config/fields.ts';
import { parseJson } from './config/json.ts';
import { readArchitecture, type KerasLayer } from './config/model.ts';
import { isArchitecture, TfjsSource } from './containers/tfjsSource.ts';
import { lowerModel } from './lower/lowerModel.ts';

/** What opening a text as a model comes to. */
export interface LayersModelCheck {
  /** Why it cannot be opened. */
  readonly fault?: FormatFault;
  /** Layers that stand in the graph and cannot be run. */
  readonly opaque: readonly KerasLayer[];
}

/**
 * Reads a text as the file with this path would be opened; no weights are read. Of an architecture
 * without weights only its own structure can be checked.
 */
export function checkLayersModel(path: string, text: string): LayersModelCheck {
  try {
    const document = parseJson(text, path);
    if (isObject(document) && isArchitecture(document)) {
      readArchitecture(document, path);
      return { opaque: [] };
    }
    const source = TfjsSource.read(path, text);
    try {
      const model = readArchitecture(source.architecture, path);
      return lowerModel(model, source.bind(model), source.version, path);
    } finally {
      source.dispose();
    }
  } catch (thrown) {
    if (thrown instanceof BadFile) return { fault: thrown.fault, opaque: [] };
    if (isSystemError(thrown)) return { fault: readFault(thrown, path), opaque: [] };
    throw thrown;
  }
}
