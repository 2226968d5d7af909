/** The process that holds ONNX Runtime. */
import { EngineFault } from '../engine.ts';
import { serveNetworks, type ChildRuntime } from '../serveNetworks.ts';
import { Network } from './network.ts';

serveNetworks(loadRuntime);

async function loadRuntime(): Promise<ChildRuntime> {
  try {
    const { InferenceSession, Tensor, env } = await import('onnxruntime-node');
    const runtime = { InferenceSession, Tensor, version: env.versions.node ?? '' };
    return {
      version: runtime.version,
      open: (model, settings) => {
        if (model.kind !== 'onnx') throw new Error('ONNX Runtime was given layers');
        return Network.open(runtime, model, settings);
      },
    };
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
    throw new EngineFault('not-available', `ONNX Runtime cannot be loaded on this machine: ${why}`);
  }
}
