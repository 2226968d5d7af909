import assert from 'node:assert/strict';
import { noJob } from '../../../server/core/job.ts';
import { forecastStructure } from '../../../server/session/forecast.ts';
import { untried } from '../../../server/toWire/verdict.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

describe('untried', () => {
  it('says that the steps of a large model are not measured unasked', async () => {
    const forecast = await forecastStructure(smallMobileNet(), noJob);
    const [phrase, ...more] = untried({ forecast });
    assert.match(phrase?.text ?? '', /^ Over 64 MB, the gain of a step is measured when it is pre/);
    assert.deepEqual(more, []);
  });

  it('says nothing of it before it is known, or where they are measured', async () => {
    assert.deepEqual(untried({ forecast: undefined }), []);
    const forecast = await forecastStructure(smallMobileNet(), noJob);
    assert.deepEqual(untried({ forecast: { ...forecast, isMeasured: true } }), []);
  });
});
