import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import type { Runner } from '../engine.ts';
import type { TfjsLibrary } from './library.ts';

/** A native TensorFlow.js that works, or why there is none, in sentences. */
export interface NativeSearch {
  readonly found?: {
    readonly library: TfjsLibrary;
    readonly name: string;
    readonly version: string;
  };
  readonly notes: Runner['notes'];
}

/** Packages that bring TensorFlow itself; the one with a GPU first. */
const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

type Note = Runner['notes'][number];

/** Looks for a native TensorFlow.js from these folders on upwards, and loads the first that works. */
export async function findNative(folders: readonly string[]): Promise<NativeSearch> {
  const notes: Note[] = [];
  const tried = new Set<string>();
  for (const name of packages) {
    for (const folder of folders) {
      const require = createRequire(join(folder, 'package.json'));
      const path = resolved(require, name);
      if (path === undefined || tried.has(path)) continue;
      tried.add(path);
      const loaded = await load(require, name);
      if (typeof loaded !== 'string') return { found: loaded, notes };
      notes.push({ severity: 'warning', message: brokenText(name, path, loaded) });
    }
  }
  if (notes.length === 0) notes.push({ severity: 'info', message: absentText });
  return { notes };
}

function resolved(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** The package, or why it cannot be used. */
async function load(
  require: NodeJS.Require,
  name: string,
): Promise<NonNullable<NativeSearch['found']> | string> {
  // Taken out of Node 23; tfjs-node 4.22 still calls them.
  const helpers: Record<string, unknown> = util;
  helpers['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  helpers['isArray'] ??= Array.isArray;
  try {
    const library = require(name) as TfjsLibrary & { readonly version?: Record<string, string> };
    await library.ready();
    if (library.getBackend() !== 'tensorflow') {
      return `its backend is ${library.getBackend()}, not TensorFlow`;
    }
    return { library, name, version: library.version?.['tfjs-core'] ?? '' };
  } catch (thrown) {
    return thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
  }
}

/** Said where no native package is installed. */
export const absentText =
  'TensorFlow itself (npm package @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node) is not installed, so the WebAssembly build of TensorFlow.js runs the model; install one of the two in the workspace to have it used.';

const brokenText = (name: string, path: string, why: string): string =>
  `${name} is installed (${path}) and cannot be loaded (${why.replace(/\.$/, '')}), so the WebAssembly build of TensorFlow.js runs the model; reinstall the package, or remove it.`;
