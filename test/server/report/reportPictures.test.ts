import assert from 'node:assert/strict';
import { depthPicture } from '../../../server/report/pictures/depthPicture.ts';
import { reportPictures } from '../../../server/report/pictures/reportPictures.ts';
import { decades, linear } from '../../../server/report/pictures/scale.ts';
import type { ReportInput } from '../../../server/report/reportInput.ts';
import { elementsOf, parseXml, type XmlElement } from '../../kit/xml.ts';
import { figures, layerRow } from '../../src/modelStates.ts';
import { hostile, reportInput } from './reportInputs.ts';

/** The charts of a report by name, read as XML. */
const drawn = (input: ReportInput): Map<string, XmlElement> =>
  new Map(reportPictures(input).map(({ name, svg }) => [name, parseXml(svg)]));

const pictureOf = (input: ReportInput, name: string): XmlElement => {
  const found = drawn(input).get(name);
  assert.ok(found, `no chart ${name}`);
  return found;
};

/** The words of each row: its name, and its figures last. */
const rowsOf = (picture: XmlElement): string[][] =>
  elementsOf(picture, 'g')
    .filter((group) => group.attributes.get('class') === 'row')
    .map((row) => elementsOf(row, 'text').map(({ text }) => text));

const wordsOf = (picture: XmlElement): string =>
  elementsOf(picture, 'text')
    .map(({ text }) => text)
    .join(' | ');

const number = (element: XmlElement | undefined, name: string): number =>
  Number(element?.attributes.get(name));

describe('charts of a report as files of their own', () => {
  it('are named by what they show', () => {
    assert.deepEqual(
      [...drawn(reportInput()).keys()],
      [
        'answers',
        'repair-steps',
        'remedies-weak-layer',
        'by-depth',
        'weight-ranges',
        'weights-db',
        'alone-db',
        'so-far-db',
        'only-this-db',
        'all-but-this-db',
      ],
    );
  });

  it('have title, description and a line that says of which model, target and samples', () => {
    const data = {
      label: 'synthetic, seed 1 · 2 + 2 + 4',
      isSynthetic: true,
      hasLabels: false,
      counts: { calibration: 2, correction: 2, judge: 4 },
      notes: [],
    };
    const input = reportInput({ data });
    for (const [name, picture] of drawn(input)) {
      const [title] = elementsOf(picture, 'title');
      const [description] = elementsOf(picture, 'desc');
      assert.ok((title?.text ?? '').length > 5, name);
      assert.match(description?.text ?? '', /better|Largest|Share/, name);
      const foot = wordsOf(picture).replaceAll(' | ', ' ');
      assert.ok(foot.includes(`${input.file.name} · ${input.targetLabel} · samples: synthetic`));
      assert.match(foot, /Rangefinder\u00a01\.2\.3/);
    }
  });

  it('resolve every colour, and call nothing from elsewhere', () => {
    for (const { name, svg } of reportPictures(reportInput())) {
      assert.doesNotMatch(svg, /var\(|currentColor|url\(|href|style=|<script/, name);
    }
  });

  it('draw hostile names as text, and none turns the text around it', () => {
    const name = `${hostile}\ud800\uffff`;
    const input = reportInput({
      layers: [layerRow(1, name, 30), layerRow(2, 'second', 40)],
      file: { ...reportInput().file, name },
    });
    const row = rowsOf(pictureOf(input, 'weights-db'))[0];
    assert.match(row?.[0] ?? '', /^"><script>alert\('1'\)/);
    for (const { svg } of reportPictures(input)) assert.doesNotMatch(svg, /[\u202a-\u202e]/);
  });

  it('have a row a layer, hollow before and filled now, at its figures', () => {
    const input = reportInput({
      layers: [layerRow(1, 'a', 37, { before: figures(12.5) }), layerRow(2, 'b', 6.64)],
    });
    const picture = pictureOf(input, 'weights-db');
    assert.deepEqual(rowsOf(picture), [
      ['a', '12.5 → 37.0'],
      ['b', '6.6'],
    ]);
    const rows = elementsOf(picture, 'g').filter(
      ({ attributes }) => attributes.get('class') === 'row',
    );
    const [first, second] = rows.map((row) => elementsOf(row, 'circle'));
    // The axis goes from 0 to 60 dB over 420 pixels.
    assert.deepEqual(
      first?.map((circle) => [number(circle, 'cx'), circle.attributes.get('fill')]),
      [
        [87.5, '#ffffff'],
        [259, '#0b62c4'],
      ],
    );
    assert.deepEqual(
      [number(second?.[0], 'cx'), second?.[0]?.attributes.get('fill')],
      [46.5, '#b3261e'],
    );
    assert.match(wordsOf(picture), /now \| as opened \| below 20 dB \| 20 dB/);
  });

  it('say of a layer why it has no figures', () => {
    const rows = rowsOf(pictureOf(reportInput(), 'weight-ranges'));
    assert.deepEqual(rows.at(-1), ['broken', 'holds NaN', '–']);
  });

  it('draw the range of the channels from least to greatest, in decades', () => {
    const own = figures(30);
    const range = { min: 0.01, q1: 0.1, median: 1, q3: 1, max: 10, halfStep: 0.1 };
    const input = reportInput({ layers: [layerRow(1, 'a', 30, { now: { ...own, range } })] });
    const picture = pictureOf(input, 'weight-ranges');
    const row = elementsOf(picture, 'g').find(
      ({ attributes }) => attributes.get('class') === 'row',
    );
    assert.ok(row);
    const [lost, all] = elementsOf(row, 'line');
    const [resolved, half] = elementsOf(row, 'rect');
    // Three decades over 420 pixels.
    assert.deepEqual([number(lost, 'x1'), number(lost, 'x2')], [0, 140]);
    assert.deepEqual([number(all, 'x1'), number(all, 'x2')], [140, 420]);
    assert.deepEqual([number(resolved, 'x'), number(resolved, 'width')], [140, 280]);
    assert.deepEqual([number(half, 'x'), number(half, 'width')], [140, 140]);
    assert.match(wordsOf(picture), /rounds to 0 by one scale a tensor/);
  });

  it('have at most 400 rows, the worst ones in the order of the network, and say so', () => {
    const layers = Array.from({ length: 410 }, (_, i) => layerRow(i, `layer${i}`, 20 + (i % 41)));
    const picture = pictureOf(reportInput({ layers, findings: [] }), 'weights-db');
    const names = rowsOf(picture).map(([name]) => name);
    assert.equal(names.length, 400);
    assert.ok(!names.includes('layer40'), 'one of the ten best');
    assert.deepEqual(names.slice(0, 2), ['layer0', 'layer1']);
    assert.match(wordsOf(picture), /The 400 worst of 410 layers; 10 are left out\./);
  });

  it('draw what lies beyond the axis as a triangle at its end', () => {
    const input = reportInput({ layers: [layerRow(1, 'a', 'inf'), layerRow(2, 'b', 30)] });
    const picture = pictureOf(input, 'weights-db');
    assert.deepEqual(rowsOf(picture)[0], ['a', 'exact']);
    assert.match(wordsOf(picture), /beyond the axis/);
    const [row] = elementsOf(picture, 'g').filter(
      ({ attributes }) => attributes.get('class') === 'row',
    );
    assert.match(elementsOf(row!, 'path')[0]?.attributes.get('d') ?? '', /^M425 /);
  });

  it('draw each interval from its low to its high end', () => {
    const picture = pictureOf(reportInput(), 'answers');
    assert.deepEqual(rowsOf(picture).at(-1), ['Quantized, now', '50.0 % (35.2 % to 64.8 %)']);
    const row = elementsOf(picture, 'g')
      .filter(({ attributes }) => attributes.has('class'))
      .at(-1);
    const [line] = elementsOf(row!, 'line');
    assert.deepEqual([number(line, 'x1'), number(line, 'x2')], [147.8, 272.2]);
  });

  it('draw a remedy that harms as a cross, and leave out what was not measured', () => {
    const picture = pictureOf(reportInput(), 'remedies-weak-layer');
    assert.deepEqual(rowsOf(picture), [
      ['Equalize', '6.6 → 30.3 (weights)'],
      ['Worse', '6.6 → 1.0 (outputs), top-1 50.0 %'],
    ]);
    assert.equal(elementsOf(picture, 'path').length, 2, 'its cross, and that of the legend');
  });

  it('tell the remedies of the model as opened from those that are left', () => {
    const { findings } = reportInput();
    const input = reportInput({ opened: { findings, layers: [] } });
    const names = [...drawn(input).keys()].filter((name) => name.startsWith('remedies'));
    assert.deepEqual(names, ['remedies-weak-layer', 'remedies-weak-layer-as-opened']);
  });

  it('give findings of one code files of their own', () => {
    const [finding] = reportInput().findings;
    const input = reportInput({ findings: [finding!, finding!] });
    assert.ok(drawn(input).has('remedies-weak-layer-2'));
  });

  it('draw the error along the network, every layer named', () => {
    const layers = [10, 30, 20].map((db, i) => layerRow(i, `layer${i}`, db));
    const picture = pictureOf(reportInput({ layers }), 'by-depth');
    const circles = elementsOf(picture, 'circle');
    assert.deepEqual(
      circles.map((circle) => number(circle, 'cy')),
      // From 0 to 40 dB over 220 pixels, 8 below the top.
      [173, 63, 118],
    );
    assert.match(wordsOf(picture), /layer0 \| layer1 \| layer2/);
    assert.match(wordsOf(picture), /20\.0 dB/);
  });

  it('number the layers where there are too many for names', () => {
    const layers = Array.from({ length: 500 }, (_, i) => layerRow(i, `layer${i}`, 30));
    const found = depthPicture(reportInput({ layers }));
    assert.match(found?.notes[0] ?? '', /Each point is the worst of 2 layers\./);
    const words = wordsOf(pictureOf(reportInput({ layers }), 'by-depth'));
    assert.match(words, /\| 1 \| 100 \| 200 \| 300 \| 400 \| 500 \|/);
    assert.doesNotMatch(words, /layer499/);
  });

  it('of a quantized model judge nothing', () => {
    assert.deepEqual(
      [...drawn(reportInput({ kind: 'quantized', findings: [] })).keys()].filter((name) =>
        name.endsWith('-db'),
      ),
      [],
    );
  });
});

describe('axes of the charts', () => {
  it('are straight with round ticks', () => {
    const scale = linear(0, 0.03, 300, 0.01);
    assert.deepEqual(scale.ticks, [0, 0.01, 0.02, 0.03]);
    assert.deepEqual([scale(-1), scale(0.015), scale(9)], [0, 150, 300]);
    assert.deepEqual(linear(-10, 40, 100).ticks, [-10, 0, 10, 20, 30, 40]);
  });

  it('are of powers of ten, thinned to what can be read', () => {
    const scale = decades(-5, 9, 140);
    assert.deepEqual(scale.ticks, [1e9, 1e7, 1e5, 1e3, 10, 0.1, 1e-3, 1e-5]);
    assert.deepEqual([scale(0), scale(1e-5), scale(100), scale(1e12)], [0, 0, 70, 140]);
  });
});
