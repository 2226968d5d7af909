import type { Graph } from '../../server/core/graph/graph.ts';
import { elementCount } from '../../server/core/graph/tensor.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { createTfjsEngine } from '../../server/engines/tfjs/tfjs.ts';
import type { EnginePair } from '../../server/engines/chosenEngine.ts';
import type { Feeds } from '../../server/engines/engine.ts';
import { engineChild, tfjsChild } from './documents.ts';
import type { Random } from './random.ts';

/** Both engines, from their sources; `nativeFolders`: where a TensorFlow is installed. */
export const bothEngines = (nativeFolders: readonly string[] = []): EnginePair => ({
  onnxruntime: createOnnxRuntimeEngine({ childPath: engineChild, threads: 1 }),
  tfjs: createTfjsEngine({ childPath: tfjsChild, nativeFolders }),
});

/** Ends both processes. */
export function disposeBoth({ onnxruntime, tfjs }: EnginePair): void {
  onnxruntime.dispose();
  tfjs.dispose();
}

/** Normal values for every input, small whole numbers for integers; one sample, free sizes `free`. */
export function feedsFor(graph: Graph, random: Random, free = 1): Feeds {
  return new Map(
    graph.inputs.map(({ name, type, shape }) => {
      const dims = (shape ?? []).map((size) => (typeof size === 'number' ? size : free));
      const normal = random.normal(elementCount(dims));
      const values =
        type === 'float32'
          ? Float32Array.from(normal)
          : Int32Array.from(normal, (one) => Math.abs(Math.round(one)) % 3);
      return [name, { type, dims, values }] as const;
    }),
  );
}
