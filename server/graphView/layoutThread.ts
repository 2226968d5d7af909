import { parentPort } from 'node:worker_threads';
import type { Format } from '@hpcc-js/wasm-graphviz';
import { readDrawing, type Drawing } from './dot.ts';

/** What the thread answers to a text in the language of Graphviz. */
export type Answer =
  | { readonly kind: 'drawn'; readonly drawing: Drawing }
  | { readonly kind: 'failed'; readonly message: string };

/** Places without drawing instructions. The library has it and does not list it. */
const format = 'json0' as string as Format;

/** The library is loaded by the first question, and stays as long as the thread. */
async function draw(dot: string): Promise<Answer> {
  try {
    const { Graphviz } = await import('@hpcc-js/wasm-graphviz');
    const graphviz = await Graphviz.load();
    return { kind: 'drawn', drawing: readDrawing(graphviz.layout(dot, format, 'dot')) };
  } catch (thrown) {
    return { kind: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

parentPort?.on('message', (dot: string) => {
  void draw(dot).then((answer) => parentPort?.postMessage(answer));
});
