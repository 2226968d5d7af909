/**
 * Opens a model of 100 MB as the extension does, the server started and the page loaded beside each
 * other, and prints the times as JSON: run by `test/bench/paint.bench.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { writeChain } from '../bench/bigModel.ts';
import { chromiumPath, Harness } from './harness.ts';
import { ServerClient } from './serverClient.ts';

/** Milliseconds from the wish to open a model. */
export interface OpenRun {
  /** Until the server answers at all. */
  readonly startedMs: number;
  /** Until it has told what the model is. */
  readonly openedMs: number;
  /** Until the layers stand in the page, in a frame that is painted. */
  readonly paintedMs: number;
}

const megabytes = 100;
const runs = 3;

async function main(): Promise<void> {
  if (chromiumPath === undefined) return void process.stdout.write('[]');
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-bench-'));
  const path = join(folder, 'chain.onnx');
  writeChain(path, megabytes * 1e6);
  const harness = await Harness.start();
  const all: OpenRun[] = [];
  for (let i = 0; i < runs; i++) all.push(await run(harness, pathToFileURL(path).toString()));
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(JSON.stringify(all));
}

async function run(harness: Harness, uri: string): Promise<OpenRun> {
  const began = performance.now();
  const passed = (): number => performance.now() - began;
  const loading = harness.open({ width: 1400, height: 900 });
  const server = await ServerClient.start();
  const startedMs = passed();
  const state = await server.ask(rpc.openModel, { uri, target: defaultTarget });
  const openedMs = passed();
  const panel = await loading;
  // `send` waits for frames more: what is looked for is the first one with layers.
  const sent = panel.send({ type: 'state', state, isDirty: false });
  await panel.page.waitForFunction(() => document.querySelector('.rows .row') !== null);
  await panel.page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  const paintedMs = passed();
  await sent;
  await panel.close();
  server.dispose();
  return { startedMs, openedMs, paintedMs };
}

void main();
