import assert from 'node:assert/strict';
import { layersOf } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { noJob } from '../../../server/core/job.ts';
import { reportLayers } from '../../../server/core/reports/weightReport.ts';
import { layerRowsOf, unjudged } from '../../../server/toWire/layerRows.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { perTensor } from '../../kit/target.ts';

const graph = smallMobileNet();
const layers = layersOf(graph, wiringOf(graph));

describe('layerRowsOf', () => {
  it('has a row for a layer before anything is measured', () => {
    const rows = layerRowsOf({ layers, now: new Map(), before: new Map() }, perTensor, new Map());
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['conv1', 'dw', 'pw', 'fc'],
    );
    assert.ok(
      rows.every(({ isMeasured, operator, mark }) => !isMeasured && operator && mark === 'fine'),
    );
  });

  it('sends numbers that are not finite as words', async () => {
    const [report] = await reportLayers(layers, perTensor, noJob);
    const figures = { ...report!.figures, sqnrTensor: Infinity, spread: NaN };
    const now = new Map([[layers[0]!.node.id, { ...report!, figures }]]);
    const [row] = layerRowsOf({ layers, now, before: new Map() }, perTensor, new Map());
    assert.equal(row?.now.sqnrTensor, 'inf');
    assert.equal(row?.now.spread, 'nan');
    assert.deepEqual(JSON.parse(JSON.stringify(row)), row);
  });

  it('judges no layer of a quantized model', async () => {
    const [report] = await reportLayers(layers, perTensor, noJob);
    const now = new Map([[layers[0]!.node.id, report!]]);
    const [row] = layerRowsOf({ layers, now, before: new Map() }, perTensor, new Map());
    const shown = unjudged({ ...row!, mark: 'hurts' });
    assert.deepEqual(
      [shown.mark, shown.now.sqnrChosen, shown.now.lostChannels],
      ['fine', 'nan', 0],
    );
    assert.deepEqual(shown.now.range, row?.now.range);
    assert.equal(unjudged({ ...row!, mark: 'hurts', fault: 'NaN' }).mark, 'hurts');
  });
});
