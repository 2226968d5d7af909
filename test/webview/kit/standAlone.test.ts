import assert from 'node:assert/strict';
import { ratioFor } from '../../../webview/kit/charts/chartImage.ts';
import { plainColour } from '../../../webview/kit/charts/plainColour.ts';
import { graphSvg } from '../../../webview/panels/model/tabs/graphSvg.ts';

describe('charts that stand alone', () => {
  const colours: readonly (readonly [string, ReturnType<typeof plainColour>])[] = [
    ['rgb(0, 95, 184)', { hex: '#005fb8', alpha: 1 }],
    ['rgba(255, 255, 255, 0.35)', { hex: '#ffffff', alpha: 0.35 }],
    // 0.8 · 255 = 204 = cc, 0.62 of it.
    ['color(srgb 0.8 0.8 0.8 / 0.62)', { hex: '#cccccc', alpha: 0.62 }],
    ['color(srgb 1 0 0)', { hex: '#ff0000', alpha: 1 }],
    ['rgba(0, 0, 0, 0)', undefined],
    ['none', undefined],
    ['', undefined],
  ];
  for (const [computed, wanted] of colours)
    it(`reads the colour "${computed}"`, () => assert.deepEqual(plainColour(computed), wanted));

  it('has two pixels for one, fewer where a canvas could not hold them, never less than one', () => {
    assert.equal(ratioFor(412, 170), 2);
    // 16,000 of 10,000.
    assert.equal(ratioFor(200, 10_000), 1.6);
    // The square root of 32 / 25.
    assert.ok(Math.abs((ratioFor(5000, 5000) ?? 0) - Math.sqrt(1.28)) < 1e-12); // one rounding
    assert.equal(ratioFor(200, 20_000), undefined);
    assert.equal(ratioFor(8000, 8000), undefined);
  });

  it('escapes the names of a graph, and cuts them at their start', () => {
    const box = {
      id: 1,
      x: 80,
      y: 20,
      kind: 'node',
      title: 'A<B> & "C"',
      name: 'x',
      words: '',
    } as const;
    const text = graphSvg(
      {
        layout: { boxes: [box], edges: [], boxWidth: 160, boxHeight: 40, width: 160, height: 40 },
        boxes: [
          { box, row: undefined, value: '', heat: 0, second: `${'long/'.repeat(20)}the_end` },
        ],
        chosen: undefined,
        found: new Set(),
      } as unknown as Parameters<typeof graphSvg>[0],
      {
        background: '#fff',
        foreground: '#3b3b3b',
        dim: 'rgb(1, 2, 3)',
        bad: '#f00',
        focus: '#00f',
        family: '"Segoe UI", sans-serif',
        isContrast: false,
      },
      { title: 'a & b', description: '<d>', foot: 'f' },
    );
    assert.match(text, /A&lt;B&gt; &amp; &quot;C&quot;/);
    assert.match(text, />…[\w/]{10,22}the_end</);
    assert.match(text, /<title>a &amp; b<\/title>/);
    assert.match(text, /<desc>&lt;d&gt;<\/desc>/);
    assert.match(text, /font-family="&quot;Segoe UI&quot;, sans-serif"/);
    assert.match(text, /fill="#ffffff"/);
    assert.match(text, /stroke="#010203"/);
  });
});
