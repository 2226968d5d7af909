import assert from 'node:assert/strict';
import type { Comparison, OwnSide } from '../../../../server/protocol/compare.ts';
import type { LayerRow, ModelState } from '../../../../server/protocol/model.ts';
import { answeredTable, ownTable } from '../../../../webview/panels/model/compareModel.ts';
import { comparedMarkInWords } from '../../../../webview/panels/model/limits.ts';
import { tabsOf } from '../../../../webview/panels/model/viewModel.ts';
import { nothingView, revisionView, sameView, statesView } from '../../fixtureCompare.ts';
import { measuredModel } from '../../fixtureData.ts';
import { quantizedModel } from '../../fixtureStates.ts';
import { openedModel, repairedModel } from '../../fixtures.ts';

describe('the comparison of states of one model', () => {
  it('has a tab for every model with layers', () => {
    for (const model of [openedModel(), measuredModel(true), quantizedModel()]) {
      assert.ok(tabsOf(model).some(({ tab }) => tab === 'compare'));
    }
  });

  it('names the gain and what holds each layer back, the largest difference first', () => {
    const model = measuredModel(true);
    const [row] = model.layers;
    assert.ok(row);
    const at = (id: number, soFar: number, weights: number, activations: number, was: number) => ({
      ...row,
      id,
      data: {
        now: { local: 1, weights, activations, soFar },
        before: { local: 1, weights: 1, activations: 1, soFar: was },
      },
    });
    const layers = [
      at(1, 20, 30, 20, 15),
      at(2, 30, 20, 30, 5),
      at(3, 9, 20, 20.5, 10),
      at(4, 2, 20, 20.5, 10),
    ];
    const { rows } = ownTable({ ...model, layers }, 'opened', 'now');
    assert.deepEqual(
      rows.map(({ layer, gain, holds }) => [layer, gain, holds]),
      [
        [2, 25, 'weights'],
        [4, -8, 'both'],
        [1, 5, 'activations'],
        [3, -1, 'both'],
      ],
    );
  });

  it('marks layers by what the second side keeps, which stands beside the mark', () => {
    const model = measuredModel(true);
    const [row] = model.layers;
    assert.ok(row);
    const at = (soFar: number, alone: number): LayerRow => ({
      ...row,
      mark: 'hurts',
      data: {
        now: { local: alone, alone, weights: 30, activations: 30, soFar },
        before: { local: 1, weights: 1, activations: 1, soFar: 5 },
      },
    });
    const layers = [at(39.9, 12), at(25, 12), at(9.7, 60)];
    const marks = (first: OwnSide, second: OwnSide): unknown =>
      ownTable({ ...model, layers }, first, second).layers.map(({ mark }) => mark);
    assert.deepEqual(marks('opened', 'now'), ['fine', 'watch', 'hurts']);
    assert.deepEqual(marks('now', 'opened'), ['hurts', 'hurts', 'hurts']);
    assert.deepEqual(marks('now', 'float'), ['fine', 'fine', 'fine']);
    assert.equal(
      comparedMarkInWords('watch', 'soFar'),
      'worth a look: under 28 dB so far on the second side',
    );
  });

  it('draws one line for a model as opened, two for a changed one, none for float', () => {
    const names = (isRepaired: boolean, ...sides: ['float' | 'opened', 'now']): string[] =>
      ownTable(measuredModel(isRepaired), ...sides).lines.map(({ name }) => name);
    assert.deepEqual(names(false, 'opened', 'now'), ['as opened and now']);
    assert.deepEqual(names(true, 'opened', 'now'), ['as opened', 'now']);
    assert.deepEqual(names(true, 'float', 'now'), ['now']);
  });

  it('says it where both states are the same, and why', () => {
    const words = (model: ModelState, ...sides: [OwnSide, OwnSide]): string =>
      ownTable(model, ...sides).words;
    assert.match(words(measuredModel(false), 'opened', 'now'), /^Nothing was applied yet/);
    assert.match(words(openedModel(), 'opened', 'now'), /^Nothing was applied yet/);
    assert.equal(words(measuredModel(true), 'opened', 'now'), '');
    assert.equal(words(measuredModel(false), 'float', 'now'), '');
    assert.equal(words(measuredModel(true), 'now', 'now'), 'Both sides are the same.');
    const { changes } = repairedModel();
    assert.match(words({ ...openedModel(), changes }, 'opened', 'now'), /changes no figure/);
  });

  it('compares weights while nothing is measured on samples', () => {
    const model = repairedModel();
    const { figure, layers, hasShares } = ownTable(model, 'opened', 'now');
    assert.deepEqual([figure, hasShares], ['weights', false]);
    for (const [at, { first, second }] of layers.entries()) {
      const row = model.layers[at];
      assert.equal(second, row?.now.sqnrChosen);
      assert.equal(first, (row?.before ?? row?.now)?.sqnrChosen);
    }
  });

  it('draws what only weights and only activations do, once that is answered', () => {
    const model = measuredModel(true);
    const { result } = statesView(model);
    assert.ok(result);
    const { lines, rows } = ownTable(model, 'opened', 'now', result);
    assert.deepEqual(
      lines.map(({ name, look }) => [name, look]),
      [
        ['as opened', 'before'],
        ['now', 'now'],
        ['weights only', 'weights'],
        ['activations only', 'activations'],
      ],
    );
    assert.ok(rows.every(({ holds }) => holds === 'activations'));
    assert.equal(ownTable(model, 'opened', 'float', result).lines.length, 1);
  });

  it('has no gain over float, and the worst layer first', () => {
    const { rows } = ownTable(measuredModel(true), 'float', 'now');
    assert.ok(rows.every(({ first, gain }) => first === Infinity && Number.isNaN(gain)));
    const figures = rows.map(({ second }) => second);
    assert.deepEqual(
      figures,
      figures.toSorted((a, b) => a - b),
    );
  });
});

describe('the comparison with another model', () => {
  it('keeps the order of the network in the chart, and names layers by both names', () => {
    const model = measuredModel(true);
    const view = revisionView(model);
    assert.ok(view.result);
    const table = answeredTable(view.result, view.sides);
    assert.deepEqual(table.heads, ['3f2a1bc', 'Now']);
    assert.equal(table.isPartial, true, 'the last layer is of one side only');
    assert.deepEqual(
      table.lines.map(({ look }) => look),
      ['before', 'now', 'weights', 'activations'],
    );
    assert.deepEqual(
      table.layers.map(({ name }) => name),
      model.layers.slice(0, -1).map(({ name }) => name),
    );
    assert.equal(table.layers[4]?.otherName, 'MobilenetV1/Conv2d_2_pointwise');
    assert.equal(table.layers[0]?.apart, Infinity);
    const gains = table.rows.map(({ gain }) => Math.abs(gain));
    assert.deepEqual(
      gains,
      gains.toSorted((a, b) => b - a),
    );
    assert.ok(
      table.rows.some(({ gain }) => gain < 0),
      'what got worse is among them',
    );
  });

  it('has nothing to draw of two models with nothing in common', () => {
    const model = openedModel();
    const view = nothingView(model);
    assert.ok(view.result);
    const { layers, lines } = answeredTable(view.result, view.sides);
    assert.equal(layers.length, 0);
    assert.ok(lines.every(({ values }) => values.length === 0));
  });

  it('says that nothing differs, and that only the rounding does', () => {
    const model = measuredModel(true);
    const same = sameView(model);
    const other = revisionView(model);
    assert.ok(same.result && other.result);
    const said = (result: Comparison): string => answeredTable(result, same.sides).words;
    assert.match(said(same.result), /^Nothing differs: the weights of all 28 layers are the same/);
    const layers = same.result.layers.map((one) => ({ ...one, second: 1 }));
    assert.match(said({ ...same.result, layers }), /^What differs is the rounding alone/);
    assert.equal(said(other.result), '');
    const unmatched = { first: ['gone'], second: [] };
    assert.equal(said({ ...same.result, unmatched }), '');
  });

  it('takes no noise for a gain: what no decimal shows neither counts nor sorts', () => {
    const model = measuredModel(true);
    const { result, sides } = sameView(model);
    assert.ok(result);
    const layers = result.layers.map((one, at) => ({ ...one, first: 20, second: 20 + at / 1e3 }));
    const noise = answeredTable({ ...result, layers }, sides);
    assert.match(noise.words, /^Nothing differs/);
    assert.ok(noise.rows.every(({ gain }) => gain === 0));
    const real = layers.map((one, at) => (at === 3 ? { ...one, second: 20.06 } : one));
    const seen = answeredTable({ ...result, layers: real }, sides);
    assert.match(seen.words, /^What differs is the rounding alone/);
    assert.equal(seen.rows[0]?.name, layers[3]?.name);
  });

  it('says of factors of channels that nothing else differs, below what was changed otherwise', () => {
    const model = openedModel();
    const { result, sides } = sameView(model);
    assert.ok(result);
    const [first = '', second = ''] = result.layers.map(({ name }) => name);
    const layers = result.layers.map((one) => {
      if (one.name === first) return { ...one, apart: -13.5, isRescaled: true } as const;
      return one;
    });
    const scaled = answeredTable({ ...result, figure: 'apart', layers }, sides);
    assert.match(
      scaled.words,
      /^The weights of 1 of 28 layers differ by factors of their channels alone/,
    );
    assert.equal(scaled.rows[0]?.isRescaled, true);
    const changed = layers.map((one) => (one.name === second ? { ...one, apart: 30 } : one));
    const other = answeredTable({ ...result, figure: 'apart', layers: changed }, sides);
    assert.equal(other.words, '');
    assert.deepEqual(
      other.rows.slice(0, 2).map(({ name }) => name),
      [second, first],
    );
  });

  it('draws no gain between models with little in common, and says so', () => {
    const model = measuredModel(true);
    const { result, sides } = revisionView(model);
    assert.ok(result);
    const layers = result.layers.slice(0, 3);
    const first = Array.from({ length: 49 }, (_, i) => `other_${i}`);
    const unlike = { ...result, layers, unmatched: { first, second: [] }, isUnlike: true };
    const table = answeredTable(unlike, sides);
    assert.match(table.words, /^These models have little in common: 3 of 52 layers were matched/);
    assert.ok(table.rows.every(({ gain }) => Number.isNaN(gain)));
    assert.deepEqual(table.lines, []);
    assert.equal(table.hasShares, false);
  });

  it('begins its own words with a capital, and leaves names and hashes as they are', () => {
    const model = measuredModel(true);
    const { result, sides } = revisionView(model);
    assert.ok(result);
    const named = (...heads: [string, string]): readonly string[] => {
      const [first, second] = result.sides;
      const answered = [
        { ...first, head: heads[0] },
        { ...second, head: heads[1] },
      ] as const;
      return answeredTable({ ...result, sides: answered }, sides).heads;
    };
    assert.deepEqual(named('f5313c8', 'now'), ['f5313c8', 'Now']);
    assert.deepEqual(named('sample.onnx', 'would be'), ['sample.onnx', 'Would be']);
    assert.deepEqual(named('float.onnx', 'sample.onnx'), ['float.onnx', 'sample.onnx']);
    assert.deepEqual(ownTable(model, 'opened', 'now').heads, ['As opened', 'Now']);
  });
});
