import assert from 'node:assert/strict';
import type { LayerRow } from '../../../../server/protocol/model.ts';
import {
  dataCells,
  dataHead,
  hasSamples,
  isAnyJudged,
  judgedFigure,
  ownDb,
  ownFigureOf,
  ownWords,
} from '../../../../webview/panels/model/dataModel.ts';
import {
  evaluationCells,
  evaluationHeadline,
  pairedInWords,
} from '../../../../webview/panels/model/evaluationModel.ts';
import { checkedInWords } from '../../../../webview/panels/model/findingsModel.ts';
import { sortLayers, worstFirst } from '../../../../webview/panels/model/layersModel.ts';
import { percents, sigmas, span } from '../../../../webview/kit/numbers.ts';
import { measuredModel, measuringModel, syntheticModel } from '../../fixtureData.ts';
import { openedModel } from '../../fixtures.ts';

/** The row of the same layer in a model that nothing was measured of. */
const unmeasured = ({ id }: LayerRow): LayerRow => {
  const row = openedModel().layers.find((one) => one.id === id);
  assert.ok(row);
  return row;
};

describe('what samples say of layers', () => {
  it('is the layer’s own output until sensitivity is measured', () => {
    const own = measuredModel(true, false).layers;
    const alone = measuredModel(true, true).layers;
    assert.equal(ownFigureOf(own), 'local');
    assert.equal(ownFigureOf(alone), 'alone');
    const figures = { local: 9, weights: 12, activations: 10, soFar: 4, alone: 'inf' } as const;
    assert.equal(ownDb(figures, 'alone'), Infinity);
    assert.equal(ownDb(figures, 'local'), 9);
    assert.ok(Number.isNaN(ownDb(undefined, 'alone')));
  });

  it('is of the logits where a last Softmax or Sigmoid reads some, as Proof has it', () => {
    const model = measuredModel(true);
    assert.ok(model.evaluation);
    const rows = model.evaluation.rows.map(({ state, title }) => ({ state, title }));
    const plain = { ...model, evaluation: { ...model.evaluation, rows }, findings: [] };
    assert.equal(judgedFigure(model), 'logits');
    assert.equal(judgedFigure(plain), 'outputs');
    assert.equal(judgedFigure(openedModel()), 'outputs');
    assert.match(ownWords('alone', 'logits').about, /^SQNR of the logits with only this layer/);
    assert.match(ownWords('alone', 'outputs').about, /^SQNR of the outputs with only this layer/);
    assert.match(ownWords('local', 'logits').about, /what it costs the logits\.$/);
    assert.match(checkedInWords(model), /layers that hurt the logits by themselves/);
    assert.match(checkedInWords(plain), /layers that hurt the outputs by themselves/);
  });

  it('is shown as soon as samples are chosen', () => {
    assert.equal(hasSamples(openedModel()), false);
    assert.equal(hasSamples(measuringModel()), true);
  });

  it('judges layers once there is a figure of one by itself', () => {
    const { layers } = measuredModel(true);
    assert.equal(isAnyJudged(layers), true);
    const none = { local: 'nan', weights: 'nan', activations: 'nan', soFar: 'nan' } as const;
    // Ranges of outputs are known before.
    const begun = layers.map((row) => ({ ...row, data: { now: none } }));
    assert.equal(isAnyJudged(begun), false);
    assert.equal(isAnyJudged(openedModel().layers), false);
  });

  it('sorts by what a layer does alone, the worst first and the unmeasured last', () => {
    const model = measuredModel(true);
    const [first, ...others] = model.layers;
    assert.ok(first);
    const bare = unmeasured(first);
    const sorted = sortLayers([bare, ...others], worstFirst(model.target, 'samples'));
    const figures = sorted.slice(0, -1).map(({ data }) => Number(data?.now.alone));
    assert.deepEqual(
      figures,
      [...figures].sort((a, b) => a - b),
    );
    assert.equal(sorted.at(-1)?.id, first.id);
  });

  it('copies as many cells as there are heads, measured or not', () => {
    const [row] = measuredModel(true).layers;
    assert.ok(row);
    assert.equal(dataCells(row).length, dataHead.length);
    assert.deepEqual(
      dataCells(unmeasured(row)),
      dataHead.map(() => ''),
    );
  });

  it('is written as the design has its numbers', () => {
    assert.deepEqual([0.954, 0.004, 0, -0.004, -1.5, undefined, NaN].map(sigmas), [
      '0.95',
      '<0.01',
      '0.00',
      '>−0.01',
      '−1.50',
      '–',
      '–',
    ]);
    assert.equal(percents([0.352, 0.648]), '35–65 %');
    assert.equal(span(-13, 21.6), '−13.0…21.6');
  });
});

describe('the evaluation', () => {
  const of = (isRepaired: boolean) => {
    const { evaluation } = measuredModel(isRepaired);
    assert.ok(evaluation);
    return evaluation;
  };

  it('counts right answers, or without labels those of the float network', () => {
    assert.equal(evaluationHeadline(of(true)), 'Quantized now: 20 of 40 right, float 22 of 40');
    const { evaluation } = syntheticModel();
    assert.ok(evaluation);
    assert.equal(
      evaluationHeadline(evaluation),
      'Quantized now: the answer of float on 34 of 40 samples',
    );
  });

  it('says the paired test in words', () => {
    assert.equal(
      pairedInWords(of(true)),
      '20 samples fixed, 0 broken against the file as opened (paired exact test, p\u00a0<\u00a00.001). 2 lost and 0 won against float (p\u00a0=\u00a00.50): 40 samples cannot tell the two apart. The rate now lies between 35 and 65 % (95 % interval).',
    );
    assert.match(pairedInWords(of(false)) ?? '', /nothing fixed, nothing broken/);
    assert.match(pairedInWords(of(false)) ?? '', /22 lost and 0 won .*float is better, and not by/);
    const chance = { ...of(true), paired: { onlyNow: 3, onlyOpened: 1, p: 0.625 } };
    assert.match(
      pairedInWords(chance) ?? '',
      /^3 samples fixed, 1 broken against the file as opened \(paired exact test, p\u00a0=\u00a00\.63\): chance could do that\. 2 lost/,
    );
  });

  it('gives float as exact, and a dash for what was not measured', () => {
    const [float, , now] = of(true).rows;
    assert.ok(float && now);
    assert.equal(evaluationCells(float, 40).sqnr, 'exact');
    assert.deepEqual(evaluationCells(now, 40), {
      top1: '50.0 %',
      interval: '35–65 %',
      top5: '72.5 %',
      agrees: '34 of 40',
      sqnr: '12.6',
      logits: '14.2',
    });
    assert.equal(evaluationCells({ state: 'now', title: '' }, 40).agrees, '–');
  });
});
