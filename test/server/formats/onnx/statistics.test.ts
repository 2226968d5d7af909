import assert from 'node:assert/strict';
import type { Graph, LayerStatistics, Node } from '../../../../server/core/graph/graph.ts';
import { floatTensor } from '../../../../server/core/graph/tensorValues.ts';
import { formatStatistics, parseStatistics } from '../../../../server/formats/onnx/statistics.ts';

const node = (id: number, op: string, inputs: string[], outputs: string[]): Node => ({
  id,
  name: '',
  op,
  domain: '',
  inputs,
  outputs,
  attributes: new Map(),
  captures: [],
});
const entry: LayerStatistics = {
  batchNorm: 'bn',
  gamma: [1, -0.1],
  beta: [1e-30, 2],
  scale: [1, 3],
  absorbed: [0, 0.25],
};

/** y = x * w + b, with 4 MB of weights: more than is looked at as a whole. */
function dense(change: (w: Float32Array, b: Float32Array) => void = () => undefined): Graph {
  const w = new Float32Array(2 ** 20).map((_, i) => i % 97);
  const b = Float32Array.of(1, 2);
  change(w, b);
  return {
    name: '',
    nodes: [node(0, 'MatMul', ['x', 'w'], ['h']), node(1, 'Add', ['h', 'b'], ['__proto__'])],
    tensors: new Map([
      ['w', floatTensor('w', [2 ** 19, 2], w)],
      ['b', floatTensor('b', [2], b)],
    ]),
    inputs: [],
    outputs: [],
    values: new Map(),
    opsets: new Map([['', 17]]),
    // A name that plain objects treat in their own way.
    statistics: new Map([['__proto__', entry]]),
  };
}

describe('statistics in a file', () => {
  it('come back as they were', () => {
    const read = parseStatistics(formatStatistics(dense()), dense());
    assert.deepEqual(read, { statistics: new Map([['__proto__', entry]]), stale: [] });
  });

  const changes: [string, (w: Float32Array, b: Float32Array) => void][] = [
    ['weights before the Add of the bias', (w) => w.forEach((x, i) => (w[i] = x * 0.5))],
    ['the first weight', (w) => (w[0] = 500)],
    ['the last weight', (w) => (w[w.length - 1] = 500)],
    ['the bias', (_, b) => (b[1] = 3)],
  ];
  for (const [name, change] of changes) {
    it(`are stale after a change of ${name}`, () => {
      const read = parseStatistics(formatStatistics(dense()), dense(change));
      assert.deepEqual(read, { statistics: new Map(), stale: ['__proto__'] });
    });
  }

  it('are stale when their layer is gone', () => {
    const read = parseStatistics(formatStatistics(dense()), { ...dense(), nodes: [] });
    assert.deepEqual(read.stale, ['__proto__']);
  });

  it('are left out where they are not numbers of one count', () => {
    const text = formatStatistics(dense());
    for (const [from, to] of [
      ['[1,-0.1]', '[1]'],
      ['[1,3]', '[1,"3"]'],
      ['[0,0.25]', 'null'],
      ['"bn"', '7'],
    ] as const) {
      const broken = text.replace(from, to);
      assert.notEqual(broken, text);
      assert.deepEqual(parseStatistics(broken, dense()).stale, ['__proto__']);
    }
  });

  it('are none in a text that is not ours', () => {
    for (const text of ['', 'words', '[]', 'null', '{"version":2,"layers":{}}', '{"version":1}']) {
      assert.deepEqual(parseStatistics(text, dense()), { statistics: new Map(), stale: [] });
    }
  });
});
