import assert from 'node:assert/strict';
import type { LayerRow } from '../../../../server/protocol/model.ts';
import {
  panned,
  settled,
  showing,
  toGraph,
  whole,
  zoomed,
  zoomToFit,
} from '../../../../webview/panels/model/tabs/graphCamera.ts';
import {
  coloursFor,
  heatOf,
  keyEnds,
  valueText,
  worstRows,
} from '../../../../webview/panels/model/tabs/graphColour.ts';
import {
  drawnBoxes,
  findBoxes,
  foundText,
  neighboursOf,
  reasonOf,
  shownText,
  spoken,
  step,
} from '../../../../webview/panels/model/tabs/graphModel.ts';
import { shortNames } from '../../../../webview/panels/model/shortNames.ts';
import { openedModel } from '../../fixtures.ts';
import { layoutFor } from '../../graphFixtures.ts';

const { layers } = openedModel();
const names = shortNames([]);
const [base] = layers;
assert.ok(base);
/** A layer with these two figures. */
const row = (
  id: number,
  tensor: number,
  channel: number,
  more: Partial<LayerRow> = {},
): LayerRow => ({
  ...base,
  id,
  name: `layer${id}`,
  channels: 256,
  now: { ...base.now, sqnrTensor: tensor, sqnrChannel: channel, sqnrChosen: tensor, spread: 23.4 },
  ...more,
});

describe('colours of the graph', () => {
  it('go from 2 dB to 18 dB of gap, and the other way where low is bad', () => {
    assert.deepEqual(
      [1, 2, 10, 18, 30, NaN].map((gap) => heatOf('gap', gap)),
      [0, 0, 0.5, 1, 1, 0],
    );
    assert.deepEqual(
      [50, 40, 25, 10, -3].map((alone) => heatOf('alone', alone)),
      [0, 0, 0.5, 1, 1],
    );
    assert.deepEqual(keyEnds('gap'), ['2 dB', '18 dB and more']);
    assert.deepEqual(keyEnds('alone'), ['40 dB', '10 dB and less']);
  });

  it('are said in words', () => {
    assert.equal(valueText('gap', 15.04), '15.0 dB');
    assert.equal(valueText('alone', Infinity), 'exact');
    assert.equal(valueText('bias', 0.314), '0.31 σ');
    assert.equal(valueText('bias', 0.004), '<0.01 σ');
    assert.equal(valueText('gap', NaN), '');
  });

  it('rank the layers, and offer what was measured only', () => {
    const rows = [
      row(1, 30, 40),
      row(2, 20, 45),
      row(3, 30, 31),
      row(4, 1, 90, { isMeasured: false }),
    ];
    assert.deepEqual(
      worstRows(rows, 'gap').map(({ id }) => id),
      [2, 1, 3],
    );
    assert.deepEqual(
      worstRows(rows, 'weights').map(({ id }) => id),
      [2, 1, 3],
    );
    assert.deepEqual(coloursFor(rows), ['gap', 'weights']);
    const now = { local: 30, weights: 31, activations: 32, soFar: 12, alone: 6.6, biasError: 0.5 };
    const measured = [row(5, 30, 40, { data: { now } })];
    assert.deepEqual(coloursFor(measured), ['gap', 'weights', 'alone', 'local', 'soFar', 'bias']);
    assert.equal(
      reasonOf(measured[0] ?? base),
      'One scale costs 10.0 dB here: 30.0 per tensor, 40.0 per channel. Widest of 256 channels is 23.4× the median. Alone 6.6 dB, so far 12.0 dB, bias error 0.50 σ.',
    );
  });
});

describe('the graph in words', () => {
  const layout = layoutFor();
  const boxes = drawnBoxes(layout, layers, 'gap', names);
  const neighbours = neighboursOf(layout);

  it('says a node as a screen reader should', () => {
    const worst = worstRows(layers, 'gap')[0];
    const at = boxes.findIndex(({ box }) => box.id === worst?.id);
    const drawn = boxes[at];
    assert.ok(drawn && worst);
    const gap = drawn.value.replace(' dB', '');
    assert.equal(
      spoken(drawn, 'gap', neighbours.ins[at]?.length ?? 0, neighbours.outs[at]?.length ?? 0),
      `${drawn.box.title}, node conv_dw_13, gap ${gap} decibel, weak, 1 input, 1 output`,
    );
    assert.equal(boxes[0]?.second, 'input');
    assert.equal(boxes[1]?.second, 'conv1 · BN · ReLU');
    assert.equal(boxes[2]?.second, 'conv_dw_1 · linear');
  });

  it('names every node where all are drawn: what follows a layer is the next box', () => {
    const nodes = layoutFor(layers, { view: 'nodes' });
    const seconds = drawnBoxes(nodes, layers, 'gap', names).map(({ box, second }) =>
      second.startsWith(names.name(box.name)),
    );
    assert.deepEqual(new Set(seconds), new Set([true]));
  });

  it('follows edges by arrows, and the row from side to side', () => {
    const go = (at: number, to: 'up' | 'down' | 'left' | 'right'): number | undefined =>
      step(layout, neighbours, at, to);
    assert.equal(go(0, 'up'), undefined);
    assert.equal(go(0, 'down'), 1);
    assert.equal(go(3, 'down'), 4, 'the nearer of two');
    assert.equal(go(4, 'right'), 29, 'the Reshape beside it');
    assert.equal(go(29, 'left'), 4);
    assert.equal(go(29, 'up'), 3);
    assert.equal(go(29, 'down'), 30);
    assert.equal(go(4, 'left'), undefined);
  });

  it('finds by operator, name and what is merged', () => {
    assert.deepEqual(findBoxes(layout, 'side resh'), layout.boxes.slice(29, 30));
    assert.equal(findBoxes(layout, 'BatchNorm').length, 28);
    assert.deepEqual(findBoxes(layout, '  '), []);
    assert.deepEqual(findBoxes(layout, 'nothing'), []);
  });

  it('finds what is not drawn, and says so', () => {
    const far = { id: 7000, title: 'Concat', name: 'far/concat', merged: [] };
    const part = { around: 3, why: '', all: [...layout.boxes, far] };
    const found = findBoxes({ ...layout, part }, 'concat');
    assert.deepEqual(found, [far]);
    assert.equal(
      foundText('concat', found, 3, false),
      '1 found, not drawn: Enter draws around the first',
    );
    assert.equal(foundText('concat', found, 7000, true), '1 of 1');
    assert.equal(foundText('concat', found, 3, true), '1 found');
    assert.equal(foundText('xy', [], 3, false), 'No node matches “xy”.');
    assert.equal(foundText(' ', [], 3, false), '');
  });

  it('says how much is shown', () => {
    assert.deepEqual(shownText(layout), [
      '86 nodes shown as 30',
      ': batch norms, activations and shape arithmetic in their layer',
    ]);
    assert.deepEqual(shownText({ ...layout, view: 'nodes' }), ['86 nodes', '']);
    const part = { around: 3, why: 'The graph is too large to be laid out whole.', all: [] };
    assert.deepEqual(shownText({ ...layout, part, boxCount: 9000 }), [
      '31 of 9,000 boxes',
      '. The graph is too large to be laid out whole.',
    ]);
  });
});

describe('the camera of the graph', () => {
  const graph = { width: 2000, height: 4000 };
  const view = { width: 800, height: 600 };

  it('keeps the point under the pointer when it zooms', () => {
    const camera = { x: 1000, y: 900, zoom: 0.5 };
    const before = toGraph(camera, view, 200, 100);
    const after = toGraph(zoomed(camera, 1.5, [200, 100], view), view, 200, 100);
    after.forEach((v, i) => assert.ok(Math.abs(v - (before[i] ?? 0)) < 1e-9)); // rounding of doubles
    assert.deepEqual(toGraph(panned(camera, 30, -10), view, 200, 100), [
      before[0] + 60,
      before[1] - 20,
    ]);
  });

  it('shows all of it, and never loses it', () => {
    // 568 of 4,000 pixels between margins of 16.
    assert.deepEqual(whole(graph, view), { x: 1000, y: 2000, zoom: 568 / 4000 });
    assert.equal(zoomToFit({ width: 10, height: 10 }, view), 1);
    assert.deepEqual(settled({ x: -5000, y: 9000, zoom: 1 }, graph, view), {
      x: 400 - 16,
      y: 4000 + 16 - 300,
      zoom: 1,
    });
    assert.deepEqual(settled({ x: 7, y: 7, zoom: 1 }, { width: 100, height: 100 }, view), {
      x: 50,
      y: 50,
      zoom: 1,
    });
    assert.equal(settled({ x: 0, y: 0, zoom: 99 }, graph, view).zoom, 3);
    assert.equal(settled({ x: 0, y: 0, zoom: 0.0001 }, graph, view).zoom, 0.1);
  });

  it('moves no more than is needed to show a box', () => {
    const camera = { x: 1000, y: 1000, zoom: 1 };
    assert.deepEqual(showing(camera, view, { x: 1100, y: 900 }), camera);
    assert.deepEqual(showing(camera, view, { x: 1000, y: 1400 }), { ...camera, y: 1190 });
  });
});
