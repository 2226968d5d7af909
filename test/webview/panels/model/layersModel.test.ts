import assert from 'node:assert/strict';
import type { LayerRow } from '../../../../server/protocol/model.ts';
import type { Sort } from '../../../../webview/panels/model/kept.ts';
import {
  areEstimated,
  filterLayers,
  gapOf,
  layerLabel,
  layersTsv,
  nextSort,
  rangeAxis,
  sortChoices,
  sortInWords,
  sortLayers,
  splitName,
  worstFirst,
} from '../../../../webview/panels/model/layersModel.ts';
import { perTensor } from '../../fixtures.ts';

let id = 0;
const row = (
  name: string,
  tensorDb: LayerRow['now']['sqnrTensor'],
  more: Partial<LayerRow> = {},
): LayerRow => ({
  id: id++,
  name,
  operator: 'Conv 3×3',
  shape: '8×3×3×3',
  channels: 8,
  parameters: 216,
  mark: 'fine',
  now: {
    range: { min: 0.1, q1: 0.2, median: 0.5, q3: 0.8, max: 2, halfStep: 0.008 },
    spread: 4,
    sqnrTensor: tensorDb,
    sqnrChannel: 45,
    sqnrChosen: tensorDb,
    lostChannels: 0,
  },
  findings: [],
  isMeasured: true,
  ...more,
});
const names = (rows: readonly LayerRow[]): string[] => rows.map(({ name }) => name);

describe('layers model', () => {
  const rows = [
    row('b', 40),
    row('a', 20),
    row('nan', 0, { fault: '3 weights are NaN' }),
    row('c', 40),
    row('late', 0, { isMeasured: false }),
  ];

  it('sorts by gap, largest first; ties in model order; what is not measured last', () => {
    assert.deepEqual(names(sortLayers(rows, worstFirst(perTensor, 'weights'))), [
      'a',
      'b',
      'c',
      'nan',
      'late',
    ]);
    assert.deepEqual(names(sortLayers(rows, { column: 'gap', isDescending: false })), [
      'b',
      'c',
      'a',
      'nan',
      'late',
    ]);
  });
  it('sorts by what is estimated of a layer alone where the file tells it', () => {
    const about = (name: string, estimated: number, tensorDb = 40): LayerRow => {
      const plain = row(name, tensorDb);
      return { ...plain, now: { ...plain.now, estimated } };
    };
    const some = [about('fine', 35, 20), row('none', 10), about('bad', -6.7), about('low', 12)];
    assert.ok(areEstimated(some) && !areEstimated(rows));
    const worst = worstFirst(perTensor, 'estimates');
    assert.equal(sortInWords(worst), 'Lowest estimate first');
    assert.deepEqual(names(sortLayers(some, worst)), ['bad', 'low', 'fine', 'none']);
    assert.match(layerLabel(about('bad', -6.7)), /45\.0 per channel, alone about −6\.7 decibel, /);
    const cells = layersTsv([about('bad', -6.5)])
      .split('\n')
      .map((line) => line.split('\t'));
    assert.equal(cells[1]?.[cells[0]?.indexOf('Alone estimated, dB') ?? -1], '-6.5');
    assert.deepEqual(sortChoices(false, true).length, sortChoices(false, false).length + 2);
  });
  it('with one scale a channel the lowest SQNR is the worst', () => {
    const perChannel = { ...perTensor, granularity: 'channel' } as const;
    assert.deepEqual(worstFirst(perChannel, 'weights'), { column: 'weights', isDescending: false });
    assert.deepEqual(names(sortLayers(rows, worstFirst(perChannel, 'weights'))), [
      'a',
      'b',
      'c',
      'nan',
      'late',
    ]);
  });
  it('sorts names as people count', () => {
    const some = [row('conv_10', 1), row('conv_2', 1), row('conv_1', 1)];
    assert.deepEqual(names(sortLayers(some, { column: 'layer', isDescending: false })), [
      'conv_1',
      'conv_2',
      'conv_10',
    ]);
  });
  it('sorts names of other letters among plain ones', () => {
    const some = ['größe_10', 'Größe.9', 'conv/2', 'Conv 1', 'tiefe3', 'größe'];
    const found = sortLayers(
      some.map((name) => row(name, 1)),
      { column: 'layer', isDescending: false },
    );
    assert.deepEqual(names(found), ['Conv 1', 'conv/2', 'größe', 'Größe.9', 'größe_10', 'tiefe3']);
  });
  it('sorts an exact layer as the best', () => {
    const some = [row('exact', 'inf'), row('low', 10), row('high', 60)];
    assert.deepEqual(names(sortLayers(some, { column: 'weights', isDescending: false })), [
      'low',
      'high',
      'exact',
    ]);
  });
  it('leaves the given rows as they were', () => {
    const given = [...rows];
    sortLayers(rows, { column: 'layer', isDescending: true });
    assert.deepEqual(rows, given);
  });
  it('an infinite minus an infinite is no gap', () => {
    assert.equal(
      gapOf(
        row('x', 'inf', { now: { ...row('y', 1).now, sqnrTensor: 'inf', sqnrChannel: 'inf' } }),
      ),
      0,
    );
  });
  it('filters by every word in name, operator or finding', () => {
    const some = [
      row('conv_dw_3', 1, { operator: 'DW 3×3', findings: ['uneven-channels'] }),
      row('conv_pw_3', 1),
    ];
    assert.deepEqual(names(filterLayers(some, 'UNEVEN 3')), ['conv_dw_3']);
    assert.deepEqual(names(filterLayers(some, 'conv dw 3')), ['conv_dw_3']);
    assert.equal(filterLayers(some, '  '), some);
    assert.deepEqual(filterLayers(some, 'xy'), []);
  });
  it('a click on a head turns the sort, or begins with the worst', () => {
    assert.deepEqual(nextSort({ column: 'gap', isDescending: true }, 'gap'), {
      column: 'gap',
      isDescending: false,
    });
    assert.deepEqual(nextSort({ column: 'gap', isDescending: true }, 'weights'), {
      column: 'weights',
      isDescending: false,
    });
    assert.deepEqual(nextSort({ column: 'gap', isDescending: true }, 'lost'), {
      column: 'lost',
      isDescending: true,
    });
    assert.equal(sortInWords({ column: 'gap', isDescending: true }), 'Largest gap first');
  });
  it('names the sort by what the column of a layer by itself shows', () => {
    const worst: Sort = { column: 'alone', isDescending: false };
    assert.equal(sortInWords(worst, 'alone'), 'Worst alone first');
    assert.equal(sortInWords(worst, 'local'), 'Worst own error first');
    assert.equal(sortInWords({ ...worst, isDescending: true }, 'local'), 'Best own error first');
    assert.equal(
      sortInWords({ column: 'soFar', isDescending: false }, 'local'),
      'Worst so far first',
    );
  });
  it('offers every column both ways, the worst of each first', () => {
    const words = sortChoices(false, false).map((sort) => sortInWords(sort));
    assert.equal(new Set(words).size, 16);
    assert.deepEqual(words.slice(0, 3), [
      'Largest gap first',
      'Lowest weights SQNR first',
      'Most lost channels first',
    ]);
    assert.equal(words[8], 'Smallest gap first');
    const other: Sort = { column: 'layer', isDescending: false };
    for (const sort of sortChoices(false, false).slice(0, 8))
      if (sort.column !== 'layer') assert.deepEqual(nextSort(other, sort.column), sort);
  });
  it('says a row', () => {
    assert.equal(
      layerLabel(row('conv_dw_13', 22.7, { mark: 'hurts', findings: ['uneven-channels'] })),
      'conv_dw_13, weak, weights 22.7 decibel per tensor, 45.0 per channel, spread 4.0 times, uneven-channels',
    );
    const now = { local: 9, weights: 12, activations: 10, soFar: 4, alone: 6.6, biasError: 0.02 };
    assert.equal(
      layerLabel(row('conv_dw_13', 22.7, { mark: 'hurts', data: { now } })),
      'conv_dw_13, weak, alone 6.6 decibel, so far 4.0 decibel, bias error 0.02 sigma, weights 22.7 decibel per tensor, 45.0 per channel, spread 4.0 times',
    );
    assert.match(
      layerLabel(row('x', 0, { fault: '3 weights are NaN' })),
      /not measured: 3 weights are NaN/,
    );
  });
  it('copies plain numbers, one line a row', () => {
    const text = layersTsv([row('a\tb', 20), row('c', 0, { isMeasured: false })]);
    const lines = text.split('\n').map((line) => line.split('\t'));
    assert.deepEqual(
      lines.map((cells) => cells.length),
      [25, 25, 25],
    );
    assert.equal(lines[1]?.[0], 'a b');
    assert.equal(lines[1]?.[9], '20');
    assert.equal(lines[1]?.[11], '25');
    assert.equal(lines[2]?.[9], '');
  });
  it('the axis is 0.01 … 100 where that fits, else what the model needs', () => {
    assert.deepEqual(rangeAxis(rows, 'log', [0, 1]).domain, [0.01, 100]);
    const small = row('s', 1, {
      now: {
        ...row('y', 1).now,
        range: { min: 1e-5, q1: 1e-4, median: 1e-4, q3: 1e-3, max: 4e-3, halfStep: 1e-5 },
      },
    });
    assert.deepEqual(rangeAxis([small], 'log', [0, 1]).domain, [1e-5, 1e-2]);
    assert.deepEqual(rangeAxis(rows, 'linear', [0, 1]).domain, [0, 2]);
    assert.deepEqual(rangeAxis([], 'log', [0, 1]).domain, [0.01, 100]);
    assert.deepEqual(rangeAxis([], 'linear', [0, 1]).domain, [0, 1]);
  });
  it('keeps the end of a long name together', () => {
    assert.deepEqual(splitName('conv_dw_13'), ['', 'conv_dw_13']);
    assert.deepEqual(splitName('/features/features.12/conv/conv.0/Conv'), [
      '/features/features.12',
      '/conv/conv.0/Conv',
    ]);
  });
});
