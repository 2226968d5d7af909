import { setFlagsFromString } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import type { Format, Graphviz } from '@hpcc-js/wasm-graphviz';
import { readDrawing, type Drawing } from './dot.ts';

/** What the thread answers to a text in the language of Graphviz. */
export type Answer =
  | { readonly kind: 'drawn'; readonly drawing: Drawing }
  | { readonly kind: 'failed'; readonly message: string };

/** Places without drawing instructions. The library has it and does not list it. */
const format = 'json0' as string as Format;

/**
 * How much a function of WebAssembly runs before V8 compiles it a second time, to be fast. As V8 has
 * it, that begins within the first small graph, and takes longer than to lay it out, on cores that
 * the page needs to draw it; here it begins within a graph that takes a good part of a second. It
 * holds for what the process loads after it, too, where it is as little.
 */
setFlagsFromString('--wasm-tiering-budget=100000000');

const load = async (): Promise<Graphviz> =>
  (await import('@hpcc-js/wasm-graphviz')).Graphviz.load();

/** The library stays as long as the thread. */
async function draw(dot: string): Promise<Answer> {
  try {
    const graphviz = await load();
    return { kind: 'drawn', drawing: readDrawing(graphviz.layout(dot, format, 'dot')) };
  } catch (thrown) {
    return { kind: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

parentPort?.on('message', (dot: string) => {
  void draw(dot).then((answer) => parentPort?.postMessage(answer));
});
// The thread is started to be asked; what goes wrong is told when it is.
void load().catch(() => undefined);
