import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { TfjsLibrary } from './library.ts';

/** TensorFlow.js as it comes with us: WebAssembly, or plain JavaScript where that does not start. */
export async function loadBundled(): Promise<{ library: TfjsLibrary; version: string }> {
  const core = await import('@tensorflow/tfjs-core');
  const layers = await import('@tensorflow/tfjs-layers');
  await import('@tensorflow/tfjs-backend-cpu');
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(wasmFolder() + sep);
  // A backend that does not start answers false, and may leave another in its place.
  const isWasm = await core.setBackend('wasm').catch(() => false);
  if (!isWasm || core.getBackend() !== 'wasm') await core.setBackend('cpu');
  const { tensor, transpose, tidy, keep, dispose, getBackend, setBackend, ready } = core;
  const { loadLayersModel } = layers;
  const library = { tensor, transpose, tidy, keep, dispose, getBackend, setBackend, ready };
  return { library: { ...library, loadLayersModel }, version: core.version_core };
}

/** The WebAssembly files: beside the bundle, or in the package when run from source. */
function wasmFolder(): string {
  if (existsSync(join(__dirname, 'tfjs-backend-wasm.wasm'))) return __dirname;
  return dirname(createRequire(__filename).resolve('@tensorflow/tfjs-backend-wasm'));
}
