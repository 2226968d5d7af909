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
import type { FromPanel, ToPanel } from '../../server/protocol/panel.ts';
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
  /** Each in a server and a page of its own. */
  readonly pictures: readonly FirstPicture[];
  readonly pan: Frames;
  readonly zoom: Frames;
}

/** The first picture of a graph in a new server: it loads the layout library. */
export interface FirstPicture {
  /** From the page's question to the server's answer. */
  readonly layoutMs: number;
  /** From the press on the tab to the frame with the picture, the server's answer between. */
  readonly pictureMs: number;
  /** The same from the moment the pointer came to the tab. */
  readonly sinceEnterMs: number;
}

const graphs: readonly (readonly [nodes: number, view: GraphView])[] = [
  [250, 'layers'],
  [250, 'nodes'],
  [10_000, 'layers'],
  [10_000, 'nodes'],
];
const durationMs = 3000;
/** First pictures of a graph that takes a moment: one by itself says little. */
const times = 5;

async function main(): Promise<void> {
  if (chromiumPath === undefined) return void process.stdout.write('[]');
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-bench-'));
  const harness = await Harness.start();
  const all: GraphRun[] = [];
  for (const [nodes, view] of graphs) {
    const path = join(folder, `${nodes}.onnx`);
    writeFileSync(path, encodeGraph(residualBlocks(nodes)));
    const pictures: FirstPicture[] = [];
    for (let more = nodes > 1000 ? 0 : times - 1; more > 0; more--) {
      const { server, panel, picture } = await open(harness, path, view);
      pictures.push(picture);
      await panel.close();
      server.dispose();
    }
    const { server, panel, picture, boxes } = await open(harness, path, view);
    pictures.push(picture);
    const cpu = await threadClock(panel);
    const canvas = '.graph-stage canvas';
    const pan = await framesOf(panel, cpu, 'pan', canvas, durationMs);
    const zoom = await framesOf(panel, cpu, 'zoom', canvas, durationMs);
    await panel.close();
    server.dispose();
    all.push({ nodes, view, boxes, pictures, pan, zoom });
  }
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(JSON.stringify(all));
}

/** Opens a model, and its graph as a hand does: the pointer goes to the tab and presses it. */
async function open(
  harness: Harness,
  path: string,
  view: GraphView,
): Promise<{
  readonly server: ServerClient;
  readonly panel: OpenPanel;
  readonly picture: FirstPicture;
  readonly boxes: number;
}> {
  const server = await ServerClient.start();
  const uri = pathToFileURL(path).toString();
  const opened = await server.ask(rpc.openModel, { uri, target: defaultTarget });
  const state = await server.settled(opened);
  const panel = await harness.open({ width: 1400, height: 900, kept: { graphView: view } });
  await panel.send({ type: 'state', state, isDirty: false });
  await panel.settle();
  const { page } = panel;
  const { answered } = await playHost(panel, server, { uri, revision: state.revision });
  await watch(panel);
  const tab = await page.locator('#tab-graph').boundingBox();
  if (!tab) throw new Error('the page has no Graph tab');
  await page.mouse.move(tab.x + tab.width / 2, tab.y + tab.height / 2);
  await page.mouse.down();
  await page.mouse.up();
  const seen = await page.evaluate(() => Reflect.get(window, 'picture') as Promise<Seen>);
  const { layoutMs, boxes } = await answered;
  const { enteredAt, pressedAt, drawnAt } = seen;
  const picture = {
    layoutMs,
    pictureMs: drawnAt - pressedAt,
    sinceEnterMs: drawnAt - enteredAt,
  };
  return { server, panel, picture, boxes };
}

interface Answered {
  readonly layoutMs: number;
  readonly boxes: number;
}

/** Stands for the extension: asks the server when the page asks, and hands the answer over as text. */
async function playHost(
  { page }: OpenPanel,
  server: ServerClient,
  model: rpc.OnModel,
): Promise<{ readonly answered: Promise<Answered> }> {
  let tell: (answered: Answered) => void = () => undefined;
  const answered = new Promise<Answered>((resolve) => (tell = resolve));
  await page.exposeFunction('told', async ({ view, around }: Question) => {
    const began = performance.now();
    const wish = around === undefined ? { view } : { view, around };
    const layout = await server.ask(layoutGraph, { ...model, ...wish });
    const layoutMs = performance.now() - began;
    const message: ToPanel = { type: 'graph', layout };
    await page.evaluate((text) => postMessage(JSON.parse(text), '*'), JSON.stringify(message));
    tell({ layoutMs, boxes: layout.boxes.length });
  });
  return { answered };
}

type Question = Extract<FromPanel, { type: 'layoutGraph' }>;

/** By the clock of the page. */
interface Seen {
  readonly enteredAt: number;
  readonly pressedAt: number;
  readonly drawnAt: number;
}

/** Has the page pass on what it asks, and note the pointer and the frame that has the picture. */
const watch = ({ page }: OpenPanel): Promise<void> =>
  page.evaluate(() => {
    const posted = Reflect.get(window, 'posted') as FromPanel[];
    const told = Reflect.get(window, 'told') as (question: FromPanel) => void;
    posted.push = (...messages) => {
      for (const message of messages) if (message.type === 'layoutGraph') told(message);
      return Array.prototype.push.apply(posted, messages);
    };
    const seen = { enteredAt: NaN, pressedAt: NaN, drawnAt: NaN };
    const tab = document.getElementById('tab-graph');
    tab?.addEventListener('pointerenter', ({ timeStamp }) => (seen.enteredAt = timeStamp));
    tab?.addEventListener('pointerdown', ({ timeStamp }) => (seen.pressedAt = timeStamp));
    const picture = new Promise((resolve) => {
      // A method: the loader gives functions with a name a helper that the page has not.
      const looking = {
        on(): void {
          const canvas = document.querySelector<HTMLCanvasElement>('.graph-stage canvas');
          const { width = 0, height = 0 } = canvas ?? {};
          const isThere = canvas !== null && width > 0 && height > 0;
          const line = isThere
            ? canvas.getContext('2d')?.getImageData(width >> 1, 0, 1, height).data
            : undefined;
          if (line?.some((value) => value !== 0)) {
            seen.drawnAt = performance.now();
            resolve(seen);
          } else requestAnimationFrame(() => looking.on());
        },
      };
      requestAnimationFrame(() => looking.on());
    });
    Reflect.set(window, 'picture', picture);
  });

void main();
