import assert from 'node:assert/strict';
import { layersOf } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { noJob } from '../../../server/core/job.ts';
import { reportLayers, type LayerReport } from '../../../server/core/reports/weightReport.ts';
import type { Insight } from '../../../server/session/analyst.ts';
import { forecastStructure } from '../../../server/session/forecast.ts';
import type { Session } from '../../../server/session/session.ts';
import { verdictOf } from '../../../server/toWire/verdict.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { perTensor } from '../../kit/target.ts';

const graph = smallMobileNet();
const layers = layersOf(graph, wiringOf(graph));

describe('verdictOf', () => {
  let now: ReadonlyMap<number, LayerReport>;
  before(async () => {
    const reports = await reportLayers(layers, perTensor, noJob);
    now = new Map(reports.map((report) => [report.layer.node.id, report]));
  });
  const said = (more: Partial<Insight>, target: object = perTensor): string => {
    const insight = { layers, now, before: new Map(), lost: undefined, ...more };
    const none = { now: new Map(), opened: new Map(), isNeeded: false };
    const analyst = { insight: { folded: none, ...insight } };
    const state = { target };
    const session = { kind: 'float', analyst, measurer: {}, shownChanges: [], state };
    return verdictOf(session as unknown as Session)
      .map(({ text }) => text)
      .join('');
  };

  it('says how many channels are lost, on a target with one scale per tensor', () => {
    const lost = { channels: 29, layers: 5 };
    assert.match(said({ lost }), /one scale per tensor; 29 channels of 5 layers round to 0\. /);
    assert.match(
      said({ lost: { channels: 1, layers: 1 } }),
      /; 1 channel of 1 layer rounds to 0\. /,
    );
    assert.doesNotMatch(said({ lost }, { ...perTensor, granularity: 'channel' }), /to 0/);
  });

  it('says that it judges the weights folded only where folding changes them', () => {
    const folded = { now, opened: now, isNeeded: true };
    assert.match(said({ folded }), /so far\. Folded, as every target does it, none of 4 layers/);
    assert.doesNotMatch(said({ folded: { ...folded, isNeeded: false } }), /Folded/);
    assert.doesNotMatch(said({}), /Folded/);
  });

  it('says how many are to be watched where none loses as much as hurts', () => {
    const losing = (gaps: readonly number[]): ReadonlyMap<number, LayerReport> =>
      new Map(
        [...now].map(([id, report], i) => {
          const sqnrTensor = 40;
          const figures = { ...report.figures, sqnrTensor, sqnrChannel: 40 + (gaps[i] ?? 0) };
          return [id, { ...report, figures }];
        }),
      );
    assert.match(
      said({ now: losing([11, 14, 3]) }),
      /so far\. 2 of 4 layers lose more than 10 dB .*, none more than 15 dB\. /,
    );
    assert.match(said({ now: losing([11]) }), /1 of 4 layers loses more than 10 dB/);
    assert.match(said({ now: losing([16, 11]) }), /1 of 4 layers loses more than 15 dB/);
    assert.match(said({ now: losing([]) }), /so far\. None of 4 layers loses more than 10 dB/);
  });

  it('counts the layers that would keep too little alone, where that is estimated', () => {
    const estimated = (all: readonly number[]): ReadonlyMap<number, LayerReport> =>
      new Map(
        [...now].map(([id, report], i) => {
          const figures = { ...report.figures, estimated: all[i] ?? 40 };
          return [id, { ...report, figures }];
        }),
      );
    assert.match(
      said({ now: estimated([-6, 19, 25]) }),
      /so far\. 2 of 4 layers would keep less than 20 dB alone, estimated\. /,
    );
    assert.match(
      said({ now: estimated([25]) }),
      /so far\. 1 of 4 layers would keep less than 28 dB alone, estimated, none less than 20 dB\. /,
    );
    assert.match(
      said({ now: estimated([]) }),
      /so far\. None of 4 layers would keep less than 28 dB/,
    );
  });

  it('says of a large model that the gain of a step is measured when it is previewed', async () => {
    const forecast = await forecastStructure(graph, noJob);
    assert.match(said({ forecast }), / Over 64 MB, the gain of a step is measured when it is prev/);
    assert.doesNotMatch(said({ forecast: { ...forecast, isMeasured: true } }), /64 MB/);
    assert.doesNotMatch(said({}), /64 MB/);
  });
});
