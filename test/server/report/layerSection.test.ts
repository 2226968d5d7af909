import assert from 'node:assert/strict';
import { htmlReport } from '../../../server/report/htmlReport.ts';
import type { LayerData, LayerDataFigures } from '../../../server/protocol/data.ts';
import type { LayerRow } from '../../../server/protocol/model.ts';
import { HtmlPage, textOf } from '../../kit/htmlPage.ts';
import { figures, layerRow } from '../../src/modelStates.ts';
import { reportInput } from './reportInputs.ts';

/** What calibrating says of a layer, and what measuring adds. */
const data = (more: Partial<LayerDataFigures> = {}): LayerData => ({
  now: {
    activation: { min: -1, max: 6 },
    local: 'nan',
    weights: 'nan',
    activations: 'nan',
    soFar: 'nan',
    ...more,
  },
});

/** The page of these layers: what it says they are sorted by, its heads, and the order of the rows. */
function shown(...layers: readonly LayerRow[]) {
  const page = new HtmlPage(htmlReport(reportInput({ layers })));
  const texts = (name: string): string[] =>
    page.all(name).map((one) => textOf(one).replace(/\s+/g, ' ').trim());
  return {
    order: texts('p').find((text) => text.startsWith('Worst first by')) ?? '',
    heads: texts('th').join(' | '),
    names: texts('bdi').filter((name) => layers.some((row) => row.name === name)),
  };
}

describe('the layers of a report', () => {
  const estimated = (db: number) => ({ now: { ...figures(40), estimated: db } });

  it('are sorted by estimates where samples gave ranges alone, and it says so', () => {
    const { order, heads, names } = shown(
      layerRow(1, 'good', 40, { ...estimated(30), data: data() }),
      layerRow(2, 'bad', 40, { ...estimated(4), data: data() }),
    );
    assert.match(order, /estimated from the weights and the batch norms\.$/);
    assert.deepEqual(names.slice(-2), ['bad', 'good']);
    assert.match(heads, /Alone ≈, dB.*Activation range/);
    assert.doesNotMatch(heads, /So far|Layer alone/);
  });

  it('are sorted by their weights where nothing else is known', () => {
    const rows = [layerRow(1, 'good', 40, { data: data() }), layerRow(2, 'bad', 9)];
    const { order, names } = shown(...rows);
    assert.match(order, /^Worst first by the SQNR of its weights\.$/);
    assert.deepEqual(names.slice(-2), ['bad', 'good']);
  });

  it('are sorted by one figure of samples, those that lack it last', () => {
    const { order, names, heads } = shown(
      layerRow(1, 'not swept', 40, { data: data({ local: 2 }) }),
      layerRow(2, 'swept', 40, { data: data({ alone: 12, allButThis: 9 }) }),
      layerRow(3, 'worst', 40, { data: data({ alone: 3, allButThis: 9 }) }),
    );
    assert.match(order, /what the outputs keep with only this layer quantized\.$/);
    assert.deepEqual(names.slice(-3), ['worst', 'swept', 'not swept']);
    assert.match(heads, /Layer alone/);
  });

  it('stand by what samples measured where findings estimate it', () => {
    const [finding] = reportInput().findings;
    assert.ok(finding);
    const remedies = finding.remedies.map((one) => ({ ...one, of: 'estimate' as const }));
    const said = (row: LayerRow): boolean => {
      const input = reportInput({ layers: [row], findings: [{ ...finding, remedies }] });
      const page = new HtmlPage(htmlReport(input));
      return /Samples measured it/.test(textOf(page.all('body')[0]!));
    };
    assert.equal(said(layerRow(1, 'a', 40, { ...estimated(4), data: data({ local: 12 }) })), true);
    assert.equal(said(layerRow(1, 'a', 40, { ...estimated(4), data: data() })), false);
  });
});
