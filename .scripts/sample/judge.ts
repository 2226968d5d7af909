/**
 * Judges models on the sample's labelled drawings: float, and with the weights rounded to 8 bits,
 * one scale a tensor. For the demo; `rangefinder evaluate` does it for any model in a later version.
 */
import { join } from 'node:path';
import { GraphDraft } from '../../server/core/graph/draft.ts';
import { layersOf } from '../../server/core/graph/layer.ts';
import { withFloats } from '../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../server/core/graph/wiring.ts';
import type { Graph } from '../../server/core/graph/graph.ts';
import { noJob } from '../../server/core/job.ts';
import { quantizeWeight } from '../../server/core/quant/quantizeWeight.ts';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import { openSamples } from '../../server/data/openSamples.ts';
import { runSamples } from '../../server/data/runSamples.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { openDocument } from '../../server/formats/index.ts';

const root = join(import.meta.dirname, '../..');
const target = { ...defaultTarget, profile: 'custom', granularity: 'tensor' as const };

function rounded(graph: Graph): Graph {
  const draft = new GraphDraft(graph);
  for (const layer of layersOf(graph, wiringOf(graph))) {
    draft.setTensor(layer.weight.name, withFloats(layer.weight, quantizeWeight(layer, target)));
  }
  return draft.close();
}

async function judge(paths: readonly string[]): Promise<void> {
  const engine = createOnnxRuntimeEngine({ childPath: join(root, 'dist/engine.js') });
  try {
    for (const [i, path] of paths.entries()) {
      const opened = await openDocument(path, noJob);
      if (!opened.ok) throw new Error(opened.error.message);
      const document = opened.value;
      const samples = await openSamples(
        join(root, 'media/sample/samples.npz'),
        document.graph.inputs,
        {},
      );
      if (!samples.ok) throw new Error(samples.error.message);
      const labels = samples.value.labels ?? [];
      const top1 = async (graph: Graph): Promise<string> => {
        const [scores] = await runSamples(
          engine,
          document,
          graph,
          samples.value,
          { batch: 50 },
          noJob,
        );
        if (!scores) throw new Error('no output');
        const classes = scores.dims.at(-1) ?? 1;
        let hits = 0;
        for (let n = 0; n < labels.length; n++) {
          let best = 0;
          for (let c = 1; c < classes; c++) {
            if (Number(scores.values[n * classes + c]) > Number(scores.values[n * classes + best]))
              best = c;
          }
          if (best === labels[n]) hits++;
        }
        return `${((100 * hits) / labels.length).toFixed(1)} %`;
      };
      const name = i === 0 ? 'folded only' : 'repaired';
      process.stdout.write(
        `Top-1 on ${labels.length} labelled drawings, ${name}: float ${await top1(document.graph)}, 8-bit weights with one scale a tensor ${await top1(rounded(document.graph))}\n`,
      );
      document.dispose();
    }
  } finally {
    engine.dispose();
  }
}

void judge(process.argv.slice(2));
