/** The process that holds TensorFlow.js. Its arguments are the folders to find a native one from. */
import { EngineFault, type Runner } from '../engine.ts';
import { serveNetworks, type ChildRuntime } from '../serveNetworks.ts';
import { loadBundled } from './bundled.ts';
import { LayersNetwork } from './layersNetwork.ts';
import { findNative } from './native.ts';

serveNetworks(async (): Promise<ChildRuntime> => {
  const { found, notes } = await findNative(process.argv.slice(2));
  const { library, version } = found ?? (await bundled());
  const backend = found ? `${library.getBackend()}, ${found.name}` : library.getBackend();
  const runner: Runner = { name: 'TensorFlow.js', version, backend, notes };
  return {
    version,
    open: (model) => {
      if (model.kind !== 'layers') throw new Error('TensorFlow.js was given ONNX');
      return LayersNetwork.open(library, runner, model.layers);
    },
  };
});

async function bundled(): ReturnType<typeof loadBundled> {
  try {
    return await loadBundled();
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
    throw new EngineFault(
      'not-available',
      `TensorFlow.js cannot be loaded on this machine: ${why}`,
    );
  }
}
