/**
 * Opens models in the built server, draws their graphs in a real browser, moves and zooms them, and
 * prints the times as JSON: run by `test/bench/graph.bench.ts`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { layoutGraph, type GraphView } from '../../server/protocol/graph.ts';
import type { ToPanel } from '../../server/protocol/panel.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { residualBlocks } from '../bench/networks.ts';
import { framesOf, threadClock, type Frames } from './frameTimes.ts';
import { chromiumPath, Harness, type OpenPanel } from './harness.ts';
import { ServerClient } from './serverClient.ts';

/** One graph of a model of so many nodes. */
export interface GraphRun {
  readonly nodes: number;
  readonly view: GraphView;
  readonly boxes: number;
  /** From the question to the server's answer: the first one, which loads the library. */
  readonly layoutMs: number;
  /** From the click on the tab to the frame with the picture, the server's answer between. */
  readonly pictureMs: number;
  readonly pan: Frames;
  readonly zoom: Frames;
}

const graphs: readonly (readonly [nodes: number, view: GraphView])[] = [
  [250, 'layers'],
  [250, 'nodes'],
  [10_000, 'layers'],
  [10_000, 'nodes'],
];
const durationMs = 3000;

async function main(): Promise<void> {
  if (chromiumPath === undefined) return void process.stdout.write('[]');
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-bench-'));
  const harness = await Harness.start();
  const all: GraphRun[] = [];
  for (const [nodes, view] of graphs) {
    const path = join(folder, `${nodes}.onnx`);
    writeFileSync(path, encodeGraph(residualBlocks(nodes)));
    all.push(await run(harness, path, nodes, view));
  }
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(JSON.stringify(all));
}

async function run(
  harness: Harness,
  path: string,
  nodes: number,
  view: GraphView,
): Promise<GraphRun> {
  const server = await ServerClient.start();
  const uri = pathToFileURL(path).toString();
  const opened = await server.ask(rpc.openModel, { uri, target: defaultTarget });
  const state = await server.settled(opened);
  const panel = await harness.open({ width: 1400, height: 900, kept: { graphView: view } });
  await panel.send({ type: 'state', state, isDirty: false });
  await panel.settle();
  const began = performance.now();
  await panel.page.evaluate(() => document.getElementById('tab-graph')?.click());
  const layout = await server.ask(layoutGraph, { uri, revision: state.revision, view });
  const layoutMs = performance.now() - began;
  await painted(panel, { type: 'graph', layout });
  const pictureMs = performance.now() - began;
  const cpu = await threadClock(panel);
  const canvas = '.graph-stage canvas';
  const pan = await framesOf(panel, cpu, 'pan', canvas, durationMs);
  const zoom = await framesOf(panel, cpu, 'zoom', canvas, durationMs);
  await panel.close();
  server.dispose();
  return { nodes, view, boxes: layout.boxes.length, layoutMs, pictureMs, pan, zoom };
}

/** Hands the layout over as VS Code does, and waits for the frame that has it on the canvas. */
const painted = ({ page }: OpenPanel, message: ToPanel): Promise<unknown> =>
  page.evaluate((given) => {
    postMessage(given, '*');
    return new Promise((resolve) => {
      // A method: the loader gives functions with a name a helper that the page has not.
      const looking = {
        on(): void {
          const canvas = document.querySelector<HTMLCanvasElement>('.graph-stage canvas');
          const { width = 0, height = 0 } = canvas ?? {};
          const isThere = canvas !== null && width > 0 && height > 0;
          const line = isThere
            ? canvas.getContext('2d')?.getImageData(width >> 1, 0, 1, height).data
            : undefined;
          if (line?.some((value) => value !== 0)) resolve(undefined);
          else requestAnimationFrame(() => looking.on());
        },
      };
      requestAnimationFrame(() => looking.on());
    });
  }, message);

void main();
