import assert from 'node:assert/strict';
import { commandLine, sample } from '../../kit/commandLine.ts';
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
      assert.equal(failsOn(verb, rule)(fields, []) !== undefined, fails);
    });
  }

  it('goes by what was said on the way, and its severity or graver', () => {
    const issues = [{ code: 'few-samples', severity: 'warning', message: '' }] as const;
    const told = '1 thing found: few-samples.';
    assert.equal(failsOn('evaluate', 'any')({}, issues), told);
    assert.equal(failsOn('evaluate', 'any')({}, []), undefined);
    assert.equal(failsOn('evaluate', 'warning')({}, issues), told);
    assert.equal(
      failsOn('evaluate', 'info')({}, [...issues, ...issues]),
      '2 things found: few-samples (2).',
    );
    assert.equal(failsOn('evaluate', 'error')({}, issues), undefined);
  });

  const layers = [19, 25, 18.44].map((sqnrDb, at) => ({ name: `conv${at}`, local: { sqnrDb } }));
  const words: readonly (readonly [verb: string, rule: string, fields: object, why: string])[] = [
    ['evaluate', 'sqnr<12.1', evaluated, 'the output SQNR is 12.0 dB.'],
    ['evaluate', 'top1<0.6', evaluated, 'top-1 is 50.0 %.'],
    ['repair', 'logits<20', { after: evaluated }, 'the logits SQNR is 14.0 dB.'],
    [
      'measure',
      'sqnr<20',
      { layers },
      '2 of 3 layers are below it, the lowest conv2 with 18.4 dB.',
    ],
  ];
  for (const [verb, rule, fields, why] of words) {
    it(`${verb} says of ${rule}: ${why}`, () => {
      assert.equal(failsOn(verb, rule)(fields, []), why);
    });
  }

  it('does not pass what was not measured', () => {
    const check = failsOn('evaluate', 'top5<0.9');
    assert.throws(() => check(evaluated, []), /needs labels/);
    assert.throws(() => failsOn('measure', 'sqnr<20')({ layers: [] }, []), /not measured/);
  });
});

describe('a rule of --fail-on that failed', () => {
  const cli = commandLine();
  const rule = 'sqnr<99';

  it('is an issue, and a line', async () => {
    const { exit, answer } = await cli.ask<{ issues: { code: string; message: string }[] }>(
      ...['analyze', sample, '--fail-on', rule],
    );
    assert.equal(exit, 1);
    const told = answer.issues.filter(({ code }) => code === 'fail-on');
    assert.equal(told.length, 1);
    assert.match(
      told[0]?.message ?? '',
      /^--fail-on "sqnr<99": 13 of 13 layers are below it, the lowest \S+ with [\d.]+ dB\.$/,
    );
    const { out } = await cli.run('analyze', sample, '--fail-on', rule);
    assert.ok(out.includes(`error: ${told[0]?.message}\n`));
  });

  it('is all that --quiet leaves', async () => {
    const said = await cli.run(
      'evaluate',
      sample,
      '--data',
      'synthetic',
      '--fail-on',
      rule,
      '--quiet',
    );
    assert.equal(said.exit, 1);
    assert.equal(said.out, '');
    assert.match(
      said.err,
      /^rangefinder evaluate: --fail-on "sqnr<99": the output SQNR is [\d.]+ dB\.\n$/,
    );
  });
});
