import assert from 'node:assert/strict';
import { htmlReport } from '../../../server/report/htmlReport.ts';
import { indexText } from '../../../server/report/indexText.ts';
import { attribute, HtmlPage, textOf } from '../../kit/htmlPage.ts';
import { hostile, reportInput } from './reportInputs.ts';

/** What HTML has no character for is shown as one that says so. */
const shownName = hostile.replace('\u0000', '\ufffd');

describe('htmlReport', () => {
  const page = new HtmlPage(htmlReport(reportInput()));

  it('is one page without anything that runs or is fetched', () => {
    const allowed = new Set(
      'html head meta title style body header nav a h1 h2 h3 p strong main section small code ul ol li bdi div table thead tbody tr th td br span svg text line rect circle path dl dt dd footer'.split(
        ' ',
      ),
    );
    const strange = page.elements.filter(({ tagName }) => !allowed.has(tagName));
    assert.deepEqual(
      strange.map(({ tagName }) => tagName),
      [],
    );
    const names = new Set(page.elements.flatMap(({ attrs }) => attrs.map(({ name }) => name)));
    assert.deepEqual(
      [...names].filter((name) => /^on|^src|^style$|^srcset|^action/.test(name)),
      [],
    );
    const ids = new Set(page.elements.flatMap((one) => attribute(one, 'id') ?? []));
    for (const link of page.all('a')) {
      const to = attribute(link, 'href') ?? '';
      assert.ok(to.startsWith('#') && ids.has(to.slice(1)), `a link out of the page: ${to}`);
    }
    assert.ok(page.elements.every((one) => one.tagName === 'a' || !attribute(one, 'href')));
    const [style] = page.all('style');
    assert.doesNotMatch(textOf(style!), /url\(|@import|<\//);
    const policy = page
      .all('meta')
      .find((meta) => attribute(meta, 'http-equiv') === 'Content-Security-Policy');
    assert.match(attribute(policy!, 'content') ?? '', /^default-src 'none'/);
  });

  it('shows the names of strangers as text, isolated, letter by letter', () => {
    const names = page.all('bdi').map(textOf);
    // The layer, its finding, its place in the ledger, and the value in the proof.
    assert.equal(names.filter((name) => name === shownName).length, 4);
    const titled = new HtmlPage(
      htmlReport(reportInput({ file: { ...reportInput().file, name: hostile } })),
    );
    assert.equal(textOf(titled.all('h1')[0]!), shownName);
    assert.equal(titled.all('script').length, 0);
  });

  it('isolates names from right to left within sentences, so that they turn nothing after them', () => {
    const { evaluation, findings, ledger, origin } = reportInput();
    const turning = 'net/\u202Efdp.1';
    const hebrew = '\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd';
    for (const [name, shown] of [
      [turning, `\u2068${turning}\u2069`],
      [hebrew, `\u2068${hebrew}\u2069`],
      ['a\u2069b', '\u2068a\ufffdb\u2069'],
    ] as const) {
      const sentence = `The worst (${name}) keeps 3 dB; “${name}” is next.`;
      const turned = new HtmlPage(
        htmlReport(
          reportInput({
            file: { ...reportInput().file, name },
            verdict: sentence,
            origin: { ...origin!, files: [{ name, role: 'model' }] },
            findings: findings.map((one) => ({ ...one, title: sentence, text: sentence })),
            ledger: ledger.map((row) => ({ ...row, place: name, why: sentence })),
            issues: [{ code: 'few-samples', severity: 'warning', message: sentence }],
            evaluation: { ...evaluation!, source: name, notes: [sentence] },
            settings: [{ name: 'Command', value: `rangefinder analyze ${name}` }],
          }),
        ),
      );
      const expected = `The worst (${shown}) keeps 3 dB; “${shown}” is next.`;
      const [verdict] = turned.all('p').filter((one) => attribute(one, 'class') === 'verdict');
      assert.equal(textOf(verdict!), expected);
      const alone = turned.elements.filter(
        (one) => one.tagName !== 'bdi' && one.childNodes.every((child) => !('tagName' in child)),
      );
      const texts = [
        ...alone.map(textOf),
        ...turned.elements.flatMap(({ attrs }) => attrs.map(({ value }) => value)),
      ];
      assert.ok(texts.filter((text) => text.includes(shown)).length >= 6);
      for (const text of texts) {
        assert.doesNotMatch(
          text.replaceAll(shown, ''),
          /[\u05d0-\u05ea\u202a-\u202e\u2066-\u2069]/,
        );
      }
    }
  });

  it('shows what the file says was done to it as that, and as text alone', () => {
    const { repair, proofs } = reportInput();
    const rows = repair!.rows.map((row) => ({ ...row, text: hostile, title: hostile }));
    const record = {
      words: `Written by ${hostile}.`,
      changes: [{ label: hostile, about: `for ${hostile}` }],
      proofs: proofs.map((proof) => ({ ...proof, step: hostile, source: hostile })),
      proofWords: hostile,
      repair: { ...repair!, summary: hostile, rows },
    };
    const read = new HtmlPage(htmlReport(reportInput({ record, proofs: [] })));
    assert.equal(read.all('script').length + read.all('img').length, 0);
    const titles = read.all('h2').map(textOf);
    const at = titles.indexOf('Recorded in the file, not measured now');
    assert.equal(titles[at - 1], 'What was done, and proof');
    assert.deepEqual(
      read
        .all('h3')
        .map(textOf)
        .filter((title) => title.startsWith('Recorded')),
      ['Recorded repair report', 'Recorded proof of each step'],
    );
    const [item] =
      read
        .all('ol')
        .at(-1)
        ?.childNodes.filter((one) => one.nodeName === 'li') ?? [];
    assert.equal(item && textOf(item).replace(/\s+/g, ' ').trim(), `${shownName} for ${shownName}`);
  });

  it('has its sections in order', () => {
    assert.deepEqual(page.all('h2').map(textOf), [
      'On samples',
      'Findings',
      'By depth',
      'Layers, worst first',
      'What was done, and proof',
      'Why, and why not',
      'Notes',
      'Settings',
    ]);
    assert.equal(textOf(page.all('h1')[0]!), 'net.onnx');
  });

  it('calls marks by the words of the panel, and says what measures layers where nothing has', () => {
    const text = (more: Parameters<typeof reportInput>[0]): string =>
      textOf(new HtmlPage(htmlReport(reportInput(more))).all('body')[0]!).replace(/\s+/g, ' ');
    assert.match(text({}), /3 layers: ▲ 2 weak, ◆ 0 worth a look, ∘ 1 fine\./);
    assert.doesNotMatch(text({}), /These are the weights alone/);
    const layers = reportInput().layers.filter(({ data }) => data === undefined);
    assert.match(
      text({ layers }),
      /These are the weights alone: .* rangefinder sensitivity and measure/,
    );
    const unjudged = reportInput({ layers });
    Reflect.deleteProperty(unjudged, 'evaluation');
    const alone = new HtmlPage(htmlReport(unjudged)).all('body')[0]!;
    assert.doesNotMatch(textOf(alone), /These are the weights alone/);
  });

  it('has a row for each layer, worst first, with its bar and its dots', () => {
    const rows = page.rows('layers');
    assert.deepEqual(
      rows.map(([mark, name]) => [mark, name]),
      [
        ['▲', 'brokenConv 3×3 · 8×3×3×3holds NaN'],
        ['▲', `${shownName}Conv 3×3 · 8×3×3×3`],
        ['∘', 'firstConv 3×3 · 8×3×3×3'],
      ],
    );
    const [, measured = [], first = []] = rows;
    assert.deepEqual(measured.slice(5), [
      '6.6',
      '6.6',
      '−1.50 … 6.00',
      '18.2',
      '28.0',
      '6.6',
      '20.0',
    ]);
    assert.deepEqual(first.slice(5, 7), ['12.5 → 37.0', '12.5 → 37.0']);
    const named = page.all('svg').filter((svg) => attribute(svg, 'role') === 'img');
    assert.ok(named.every((svg) => (attribute(svg, 'aria-label') ?? '') !== ''));
    assert.match(
      named.map((svg) => attribute(svg, 'aria-label')).join('\n'),
      /Largest weight of the channels: least, quartiles, greatest 0\.100, 0\.200, 0\.400, 0\.600, 1\.00\./,
    );
  });

  it('says what samples said, with intervals and the paired test', () => {
    const [float = [], opened = [], now = []] = page.rows('evaluation');
    assert.deepEqual(float.slice(0, 3), ['Float', '55.0 %', '40.0 % to 69.0 %']);
    assert.deepEqual(opened.slice(0, 5), ['Quantized, as opened', '0.0 %', '–', '0.0 %', '−0.2']);
    assert.deepEqual(now.slice(1), [
      '50.0 %',
      '35.2 % to 64.8 %',
      '80.0 %',
      '14.2',
      '0.9800',
      '0.0100',
    ]);
    const text = textOf(page.all('main')[0]!);
    assert.match(
      text,
      /20 right only now, 0 right only before \(exact test of McNemar: p < 0\.001\)/,
    );
  });

  it('says what was tried, kept and proved, and what harms', () => {
    assert.deepEqual(page.rows('repair'), [
      ['Equalize', '✓ kept', '−0.2', '14.2', '2.0e−6', 'Ok.'],
      ['Absorb', '× rolled back', '–', '–', '–', 'Gains nothing.'],
    ]);
    const [proof = []] = page.rows('proofs');
    assert.deepEqual(proof.slice(0, 5), ['Equalize', '✓ exact', '2.0e−6', '8.0e−7', '1.0e−4']);
    assert.match(
      proof[5] ?? '',
      /^4 probes, synthetic, seed 1\. 10 of 12 changed channels gave a signal; the others/,
    );
    const text = textOf(page.all('main')[0]!);
    assert.match(text, /6\.6 → 1\.0 outputs ?× −5\.6/);
    assert.match(text, /Unknown ?not measured/);
  });

  it('claims no more than is proved where biases are made for the grid', () => {
    const [fold] = reportInput().proofs;
    const correct = {
      ...fold!,
      step: 'Correct',
      exact: false,
      maxAbs: 0.228,
      maxRel: 0.0546,
      samples: 200,
      source: 'samples.npz',
      note: 'Made for W8 A8: on another grid it may hurt.',
    };
    const { tolerance, activeChannels, changedChannels, ...unallowed } = correct;
    assert.ok(tolerance && activeChannels && changedChannels);
    const words = 'Float still computes the same but for biases made for the grid: 1 step of 2.';
    const read = new HtmlPage(
      htmlReport(reportInput({ proofs: [fold!, unallowed], proofWords: words })),
    );
    assert.ok(read.all('h3').map(textOf).includes(words));
    assert.doesNotMatch(textOf(read.all('main')[0]!), /Float still computes the same(?! but)/);
    const [, row = []] = read.rows('proofs');
    assert.deepEqual(row.slice(0, 5), [
      'Correct',
      'moved: made for the grid',
      '0.228',
      '0.0546',
      '–',
    ]);
    assert.match(
      row[5] ?? '',
      /^200 samples, samples\.npz\. Made for W8 A8: on another grid it may hurt\./,
    );
  });

  it('says what was wrong before anything was done, and what is left', () => {
    const { findings, layers } = reportInput();
    const opened = { findings, layers: layers.map(({ id, name }) => ({ id, name })) };
    const read = (more: Parameters<typeof reportInput>[0]): HtmlPage =>
      new HtmlPage(htmlReport(reportInput({ opened, ...more })));
    const titles = (page: HtmlPage): string[] => page.all('h2').map(textOf).slice(1, 3);
    const repaired = read({ findings: [] });
    assert.deepEqual(titles(repaired), ['What was wrong, as opened', 'Findings left now']);
    const text = textOf(repaired.all('main')[0]!);
    assert.match(
      text,
      /What was wrong, as opened ?.*1 layer keeps less than 20 dB.*None: nothing is left to repair/s,
    );
    const preview = read({ findings: [], isPreview: true });
    assert.equal(titles(preview)[1], 'Findings that would be left');
    assert.deepEqual(titles(read({})), ['Findings, as opened and now', 'By depth']);
  });

  it('says what the figures of a repair are of, and which do not chain', () => {
    const { repair } = reportInput();
    const rows = [
      { ...repair!.rows[0]!, isWithCorrection: true } as const,
      { title: 'Absorb', isKept: false, refused: 2, text: 'Nothing.' },
      { title: 'Clear', isKept: false, isIdle: true, text: 'Nothing.' } as const,
    ];
    for (const [of, title] of [
      ['logits', 'Logits SQNR before, dB'],
      ['outputs', 'Output SQNR before, dB'],
      ['weights', 'Lowest weight SQNR before, dB'],
    ] as const) {
      const read = new HtmlPage(htmlReport(reportInput({ repair: { ...repair!, of, rows } })));
      assert.ok(read.all('th').map(textOf).includes(title));
      assert.deepEqual(
        read.rows('repair').map((row) => [row[1], row[3]]),
        [
          ['✓ kept', '14.2with Correct'],
          ['× 2 refused', '–'],
          ['– nothing to do', '–'],
        ],
      );
    }
  });

  it('draws the error by depth, as opened and now, exact layers at the top', () => {
    const chart = page.all('svg').find((svg) => attribute(svg, 'class') === 'depth');
    assert.match(attribute(chart!, 'aria-label') ?? '', /28\.0 dB in the first layer, 28\.0 dB in/);
    const paths = (more: Parameters<typeof reportInput>[0]): string[] =>
      new HtmlPage(htmlReport(reportInput(more)))
        .all('path')
        .map((path) => attribute(path, 'd') ?? '');
    // Without samples: weights of two layers, the first changed, the third broken.
    const layers = reportInput().layers.map((row) => {
      const { data, ...rest } = row;
      return data ? rest : row;
    });
    const [was = '', is = ''] = paths({ layers });
    assert.match(was, /^M44 \S+L407 \S+$/);
    assert.match(is, /^M44 \S+L407 \S+$/);
    assert.notEqual(was, is);
    assert.deepEqual(paths({ layers: layers.slice(0, 1) }), [], 'one layer is no line');
  });

  it('stays small with thousands of layers, says so, and leads to the rest', () => {
    const [one] = reportInput().layers;
    const layers = Array.from({ length: 10_000 }, (_, id) => ({ ...one!, id, name: `layer${id}` }));
    const text = htmlReport(reportInput({ layers }));
    // Three charts a row would be 30 MB for all of them.
    assert.ok(text.length < 2e6, `${text.length} characters`);
    const large = new HtmlPage(text);
    assert.equal(large.rows('layers').length, 300);
    const said = textOf(large.all('main')[0]!);
    assert.match(said, /The 300 worst of 10,000 layers\./);
    assert.match(said, /Each point is the worst of 25 layers\./);
    const issues = Array.from({ length: 150 }, () => reportInput().issues[0]!);
    assert.match(
      textOf(new HtmlPage(htmlReport(reportInput({ issues }))).all('main')[0]!),
      /and 50 more/,
    );
  });

  it('leaves out the path that all layers share, and says so', () => {
    const { layers, ledger } = reportInput();
    const long = (name: string): string => `Partitioned/net/${name}`;
    const [first, second] = layers;
    const named = [
      { ...first!, name: long('a') },
      { ...second!, name: long('b') },
    ];
    const [place] = ledger;
    const read = new HtmlPage(
      htmlReport(reportInput({ layers: named, ledger: [{ ...place!, place: long('a') }] })),
    );
    assert.match(textOf(read.all('header')[0]!), /Names are shown without "Partitioned\/net\/"/);
    assert.deepEqual(
      read.rows('layers').map(([, name]) => name?.slice(0, 2)),
      ['bC', 'aC'],
    );
    assert.doesNotMatch(textOf(read.all('main')[0]!), /Partitioned/);
  });

  it('groups the ledger by reason', () => {
    const groups = page.elements.filter((one) => attribute(one, 'class') === 'group');
    assert.deepEqual(
      groups.map((group) => attribute(group, 'data-outcome')),
      ['refused', 'done'],
    );
    assert.match(textOf(groups[0]!), /^Refused · Equalize · 2/);
    assert.match(
      textOf(page.all('main')[0]!),
      /Places that the steps looked at: refused 2 \(Equalize 2\), done 1 \(Equalize 1\)\./,
    );
  });

  it('says so where there is nothing, where it is old, and where it is only a preview', () => {
    const { evaluation } = reportInput();
    const text = (more: Parameters<typeof reportInput>[0]): string =>
      textOf(new HtmlPage(htmlReport(reportInput(more))).all('body')[0]!);
    assert.match(text({ findings: [] }), /Nothing to repair at this target\./);
    assert.match(text({ isPreview: true }), /Nothing of it was applied\./);
    assert.match(
      text({ evaluation: { ...evaluation!, isStale: true, isSynthetic: true } }),
      /Synthetic inputs.*these numbers are of before/,
    );
    const bare = { layers: [], findings: [], ledger: [], proofs: [], changes: [], issues: [] };
    assert.match(text({ ...bare, kind: 'no-layers' }), /^net\.onnx/);
  });
});

describe('indexText', () => {
  const cases = [
    { indices: [], text: '' },
    { indices: [3], text: '3' },
    { indices: [0, 1, 2], text: '0–2' },
    { indices: [9, 0, 1, 2, 5, 8], text: '0–2, 5, 8–9' },
    { indices: Array.from({ length: 62 }, (_, i) => 2 * i), text: / and 2 more runs$/ },
  ];
  for (const { indices, text } of cases) {
    it(`writes ${indices.length} numbers as runs`, () => {
      if (typeof text === 'string') assert.equal(indexText(indices), text);
      else assert.match(indexText(indices), text);
    });
  }
});
