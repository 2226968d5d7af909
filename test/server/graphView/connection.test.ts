import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CancellationTokenSource, LSPErrorCodes } from 'vscode-languageserver/node';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import { layoutGraph } from '../../../server/protocol/graph.ts';
import { openModel, setTarget } from '../../../server/protocol/requests.ts';
import { connect, type Client } from '../../kit/connect.ts';
import { graphOf, node, type NodeSpec } from '../../kit/graphs.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { perTensor } from '../../kit/target.ts';

/** A graph that takes the library many seconds: every node reads two that are far apart. */
function slowGraph(): Graph {
  const nodes: NodeSpec[] = [node('Softmax', ['x'], ['v0'])];
  for (let i = 1; i < 3_000; i++) {
    nodes.push(
      node('Sum', [`v${i - 1}`, `v${(i * 7) % i}`, `v${(i * i) % i}`, `v${i >> 1}`], [`v${i}`]),
    );
  }
  return graphOf({ inputs: { x: [4] }, outputs: ['v2999'], nodes });
}

const codeOf = (thrown: unknown): unknown =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;

describe('the graph over a connection', () => {
  let folder = '';
  let client: Client;
  const uris = { small: '', slow: '' };
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'graph-'));
    for (const [name, graph] of [
      ['small', smallMobileNet()],
      ['slow', slowGraph()],
    ] as const) {
      const path = join(folder, `${name}.onnx`);
      writeFileSync(path, encodeGraph(graph, []));
      uris[name] = pathToFileURL(path).href;
    }
    client = await connect(join(folder, 'storage'));
  });
  after(async () => {
    await client.close();
    rmSync(folder, { recursive: true });
  });

  it('answers with boxes that name layer rows, and refuses an old revision', async () => {
    const uri = uris.small;
    const state = await client.ask(openModel, { uri, target: perTensor });
    const layout = await client.ask(layoutGraph, { uri, revision: state.revision, view: 'layers' });
    const rows = layout.boxes.flatMap(({ layer }) => (layer === undefined ? [] : [layer]));
    assert.deepEqual(
      rows.sort((a, b) => a - b),
      state.layers.map(({ id }) => id),
    );
    assert.deepEqual([layout.uri, layout.revision], [uri, state.revision]);
    await client.ask(setTarget, { uri, revision: state.revision, target: perTensor });
    const fault = await client.refused(layoutGraph, {
      uri,
      revision: state.revision,
      view: 'layers',
    });
    assert.equal(fault.code, 'stale');
  });

  it('is stopped in the middle, and the next is laid out', async () => {
    const uri = uris.slow;
    const { revision } = await client.ask(openModel, { uri, target: perTensor });
    const stop = new CancellationTokenSource();
    const slow = client.ask(layoutGraph, { uri, revision, view: 'nodes' }, stop.token).then(
      () => 'answered',
      (thrown: unknown) => codeOf(thrown),
    );
    await wait(1_000); // the thread is at work by then
    const stopped = performance.now();
    stop.cancel();
    assert.equal(await slow, LSPErrorCodes.RequestCancelled);
    const stopMs = performance.now() - stopped;
    const asked = performance.now();
    const small = await client.ask(openModel, { uri: uris.small, target: perTensor });
    const layout = await client.ask(layoutGraph, {
      uri: uris.small,
      revision: small.revision,
      view: 'nodes',
    });
    assert.equal(layout.boxes.length, layout.nodeCount + 1);
    // Looked for every 20 ms; the library itself would go on for many times what a small graph takes.
    assert.ok(stopMs < 2 * (performance.now() - asked), `${stopMs} ms`);
  });

  it('gives up the first wish for a model when there is a second', async () => {
    const uri = uris.slow;
    const { revision } = await client.ask(openModel, { uri, target: perTensor });
    const ask = (view: 'layers' | 'nodes', token?: CancellationTokenSource): Promise<unknown> =>
      client.ask(layoutGraph, { uri, revision, view }, token?.token).then(() => 'answered', codeOf);
    const stop = new CancellationTokenSource();
    const first = ask('nodes');
    await wait(300);
    const second = ask('layers', stop);
    assert.equal(await first, LSPErrorCodes.RequestCancelled);
    stop.cancel();
    assert.equal(await second, LSPErrorCodes.RequestCancelled);
  });
});
