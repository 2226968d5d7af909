import assert from 'node:assert/strict';
import { failsOn } from '../../../server/cli/failOn.ts';

describe('--fail-on of verbs that measure', () => {
  const evaluated = { quantized: { sqnrDb: 12, logitsSqnrDb: 14, top1: 0.5, agreement: 0.85 } };
  const cases: readonly (readonly [verb: string, rule: string, fields: object, fails: boolean])[] =
    [
      ['evaluate', 'sqnr<12', evaluated, false],
      ['evaluate', 'sqnr<12.1', evaluated, true],
      ['evaluate', 'logits<13', evaluated, false],
      ['evaluate', 'logits<13', { quantized: { sqnrDb: 12 } }, true],
      ['evaluate', 'sqnr<20', { quantized: { sqnrDb: Infinity } }, false],
      ['evaluate', 'top1<0.5', evaluated, false],
      ['evaluate', 'agreement<0.9', evaluated, true],
      ['repair', 'top1<0.6', { after: evaluated }, true],
      [
        'measure',
        'sqnr<20',
        { layers: [{ local: { sqnrDb: 30 } }, { local: { sqnrDb: 19 } }] },
        true,
      ],
      ['sensitivity', 'sqnr<20', { layers: [{ onlyThis: { sqnrDb: 30 } }] }, false],
      ['fold', 'anything', {}, false],
    ];
  for (const [verb, rule, fields, fails] of cases) {
    it(`${verb} ${rule} is ${fails} of ${JSON.stringify(fields)}`, () => {
      assert.equal(failsOn(verb, rule)(fields, []), fails);
    });
  }

  it('goes by what was said on the way, and its severity or graver', () => {
    const issues = [{ code: 'few-samples', severity: 'warning', message: '' }] as const;
    assert.equal(failsOn('evaluate', 'any')({}, issues), true);
    assert.equal(failsOn('evaluate', 'any')({}, []), false);
    assert.equal(failsOn('evaluate', 'warning')({}, issues), true);
    assert.equal(failsOn('evaluate', 'error')({}, issues), false);
  });

  it('does not pass what was not measured', () => {
    const check = failsOn('evaluate', 'top5<0.9');
    assert.throws(() => check(evaluated, []), /needs labels/);
    assert.throws(() => failsOn('measure', 'sqnr<20')({ layers: [] }, []), /not measured/);
  });
});
