import assert from 'node:assert/strict';
import { toWire } from '../../../server/protocol/wire.ts';
import { comparisonCsv, comparisonJson } from '../../../server/report/comparisonData.ts';
import type { ComparisonInput } from '../../../server/report/comparisonInput.ts';
import { comparisonVerdict } from '../../../server/report/comparisonVerdict.ts';
import { htmlComparison } from '../../../server/report/htmlComparison.ts';
import { csvRows } from '../../kit/csvRows.ts';
import { attribute, HtmlPage, textOf } from '../../kit/htmlPage.ts';
import { checkedReport } from '../../kit/reportSchema.ts';
import { comparedPair, comparisonInput } from './comparisonInputs.ts';
import { hostile } from './reportInputs.ts';

type More = Partial<ComparisonInput>;

const shownName = hostile.replace('\u0000', '\ufffd');
const pageOf = (more: More = {}): HtmlPage => new HtmlPage(htmlComparison(comparisonInput(more)));
const mainOf = (more: More = {}): string => textOf(pageOf(more).all('main')[0]!);

describe('htmlComparison', () => {
  const page = pageOf();

  it('is one page without anything that runs or is fetched', () => {
    const tags = new Set(page.elements.map(({ tagName }) => tagName));
    for (const tag of ['script', 'img', 'link', 'iframe', 'object', 'form', 'image', 'use']) {
      assert.ok(!tags.has(tag), tag);
    }
    const names = page.elements.flatMap(({ attrs }) => attrs.map(({ name }) => name));
    assert.deepEqual(
      names.filter((name) => /^on|^src|^style$|^srcset|^action/.test(name)),
      [],
    );
    const ids = new Set(page.elements.flatMap((one) => attribute(one, 'id') ?? []));
    for (const link of page.all('a')) assert.ok(ids.has((attribute(link, 'href') ?? '').slice(1)));
  });

  it('shows the names of strangers as text, isolated', () => {
    const names = page.all('bdi').map(textOf);
    // Twice as a title above, the layer, its twin, whose list it is, and in that list.
    assert.ok(names.filter((name) => name === shownName).length >= 5);
  });

  it('has its sections in order, headings one below the other', () => {
    assert.deepEqual(page.all('h2').map(textOf), [
      'On samples',
      'How they were compared',
      'By depth',
      'Layers, what differs most first',
      'Layers that only one side has',
      'Notes',
      'Settings',
    ]);
    assert.equal(page.all('h1').length, 1);
    const named = page.all('svg').filter((svg) => attribute(svg, 'role') === 'img');
    assert.ok(named.every((svg) => (attribute(svg, 'aria-label') ?? '') !== ''));
  });

  it('lists what differs most first, with gain and what holds it back', () => {
    const rows = page.rows('layers compared');
    assert.deepEqual(
      rows.map(([name]) => name?.slice(0, 5)),
      [shownName.slice(0, 5), 'worse', 'first'],
    );
    assert.match(rows[0]?.[0] ?? '', /channels rescaled · found by its weights · in the second/);
    assert.deepEqual(rows[0]?.slice(2), [
      ...['4.5', '24.5', '+20.0', '−3.2', '12.3', '25.0', '30.0', 'weights'],
    ]);
    assert.deepEqual(rows[2]?.slice(2, 6), ['30.0', '30.0', '0.0', 'same']);
  });

  it('draws a line a side, named where it ends, none for what is not rounded', () => {
    const classes = (more: More = {}): (string | undefined)[] =>
      pageOf(more)
        .all('path')
        .map((path) => attribute(path, 'class'));
    assert.deepEqual(classes(), ['was-path', 'now-path', 'weights-path', 'activations-path']);
    const [first, second] = comparisonInput().sides;
    assert.deepEqual(classes({ sides: [{ ...first, isFloat: true }, second] }), [
      ...['now-path', 'weights-path', 'activations-path'],
    ]);
    const same = comparisonInput().pairs.map(({ name }) =>
      comparedPair(name, { first: 'inf', second: 'inf', weights: 'inf', activations: 'inf' }),
    );
    assert.deepEqual(classes({ pairs: same }), [], 'there is nothing to see in exact lines');
    assert.match(mainOf(), /old\.onnx 31\.0 dB at the end \(dashed\), new\.onnx 28\.0 dB/);
    assert.match(mainOf(), /SQNR in dB, from the first to the last layer that both have: old/);
    const whole = mainOf({ unmatched: { first: [], second: [] } });
    assert.match(whole, /SQNR in dB, from the input to the output: old/);
  });

  it('says how many are the same, and how the others differ', () => {
    assert.match(
      mainOf(),
      /With batch norms folded, 1 of 3 matched layers is the same, 2 differ by factors of channels, as equalizing leaves them\. 1 is in the first alone, 1 in the second\./,
    );
    const pairs = [
      comparedPair('a', { change: 'biases' }),
      comparedPair('b', { change: 'weights' }),
    ];
    assert.match(
      mainOf({ pairs }),
      /all 2 matched layers differ: 1 in the bias alone, 1 otherwise/,
    );
    assert.match(mainOf(), /20 right only in new\.onnx, 1 only in old\.onnx .*p < 0\.001/);
  });

  it('has no figures where there are none, and no gain where it means nothing', () => {
    const heads = (more: More): string[] => pageOf(more).all('th').map(textOf);
    assert.ok(heads({}).includes('Gain, dB'));
    const unlike = heads({ isUnlike: true });
    assert.ok(!unlike.includes('Gain, dB') && unlike.includes('old.onnxSo far, dB'));
    const apart = heads({ figure: 'apart' }).join();
    assert.doesNotMatch(apart, /Gain|So far|old\.onnx/);
  });

  it('stays small with thousands of layers, says so, and leads to the rest', () => {
    const pairs = Array.from({ length: 10_000 }, (_, at) => comparedPair(`layer${at}`));
    const first = Array.from({ length: 1_000 }, (_, at) => `gone${at}`);
    const text = htmlComparison(comparisonInput({ pairs, unmatched: { first, second: [] } }));
    assert.ok(text.length < 1e6, `${text.length} characters`);
    const large = new HtmlPage(text);
    assert.equal(large.rows('layers compared').length, 300);
    const said = textOf(large.all('main')[0]!);
    assert.match(said, /The 300 of 10,000 layers that differ most\..*\.csv or \.json/);
    assert.match(said, /Each point is the worst of 25 layers\..*and 800 more/);
  });

  it('leaves out the path that all layers of a model share, and says so', () => {
    const pairs = ['a', 'b'].map((name) =>
      comparedPair(`long/net/${name}`, { otherName: `other/${name}` }),
    );
    const short = pageOf({ pairs, unmatched: { first: [], second: [] } });
    assert.match(
      textOf(short.all('header')[0]!),
      /Names are shown without "long\/net\/".*Names are shown without "other\/"/,
    );
    assert.deepEqual(
      short.rows('layers compared').map(([name]) => name?.slice(0, 2)),
      ['aC', 'bC'],
    );
  });
});

describe('a comparison as data', () => {
  it('is as the schema says, names as they are, and safe in a spreadsheet', () => {
    const report = checkedReport<{ readonly layers: readonly Record<string, unknown>[] }>(
      comparisonJson(comparisonInput({ pairs: [comparedPair('=1+1'), comparedPair(hostile)] })),
    );
    assert.deepEqual(
      report.layers.map(({ name }) => name),
      ['=1+1', hostile],
    );
    const text = comparisonCsv(
      comparisonInput({ pairs: [comparedPair('=1+1', { apart: '-inf' })] }),
    );
    const [, row = [], gone, come] = csvRows(text);
    assert.equal(row[0], "'=1+1");
    assert.ok(row.includes('-inf'));
    assert.deepEqual(
      [gone?.[0], gone?.[3], come?.[1], come?.[3]],
      [...['gone', 'only-first', hostile, 'only-second']],
    );
  });
});

describe('comparisonVerdict', () => {
  const none = { first: [], second: [] };
  const said = (more: More = {}): string => comparisonVerdict(comparisonInput(more));
  const { evaluation } = comparisonInput();
  const rows = (first: number, second: number): More => ({
    evaluation: {
      samples: 40,
      source: 'imagenet-a',
      isSynthetic: false,
      rows: [
        { state: 'float', title: 'Float' },
        { state: 'first', title: 'old.onnx', sqnrDb: toWire(first) },
        { state: 'second', title: 'new.onnx', sqnrDb: toWire(second) },
      ],
    },
  });
  const same = [comparedPair('a', { change: 'same', gain: 0 })];

  const cases: readonly (readonly [what: string, more: More, says: RegExp])[] = [
    [
      'which keeps more, by logits, with top-1',
      {},
      /^On 40 samples at .* keeps more of what float computes than old\.onnx: logits SQNR 12\.0 dB against −1\.0 dB, top-1 50\.0 % against 0\.0 %\. 1 layer gains, 1 loses, 1 stays as before\.$/,
    ],
    ['which keeps less', rows(20, 10), /keeps less of .* output SQNR 10\.0 dB against 20\.0 dB\./],
    ['that they keep the same', rows(20, 20.01), /keeps as much of what float computes as old/],
    ['that two exact ones do', rows(Infinity, Infinity), /keeps as much .* output SQNR exact\./],
    [
      'that a difference may be chance',
      { evaluation: { ...evaluation!, paired: { onlyFirst: 1, onlySecond: 2, p: 1 } } },
      /top-1 50\.0 % against 0\.0 %, which 40 samples cannot tell apart\./,
    ],
    [
      'that nothing differs',
      { pairs: same, unmatched: none },
      /^Nothing differs: weights and biases of the one layer are the same\.$/,
    ],
    [
      'that only the rounding differs',
      { pairs: [comparedPair('a', { change: 'same', gain: 2 })], unmatched: none },
      /1 layer gains, none loses\. What differs is the rounding alone: all weights are the same\.$/,
    ],
    [
      'the lowest weights without samples',
      { figure: 'weights' },
      /^By weights alone, at .*: the lowest layer keeps 24\.5 dB in .*, 4\.5 dB in old\.onnx\. 1 layer/,
    ],
    [
      'how far weights are apart',
      { figure: 'apart', pairs: [comparedPair('a'), comparedPair('b', { apart: 9 })] },
      /^The weights of 2 of 2 matched layers differ, most of all those of a: −3\.2 dB apart\./,
    ],
    ['that nothing is in common', { pairs: [] }, /^old\.onnx and .* have no layer in common\.$/],
    [
      'that little is in common',
      { isUnlike: true, pairs: same },
      /have little in common: 1 of 2 layers could be matched, and by shape and order only\./,
    ],
  ];
  for (const [what, more, says] of cases) {
    it(`says ${what}`, () => assert.match(said(more), says));
  }
});
