import assert from 'node:assert/strict';
import { markdownText } from '../../src/markdown.ts';
import { reportOf } from '../../src/report.ts';
import { layerRow, modelState } from './modelStates.ts';

describe('markdownText', () => {
  it('shows what means something in Markdown as the letters that it is', () => {
    for (const [text, shown] of [
      ['conv1/kernel.0', 'conv1/kernel.0'],
      ['![i](https://x/p.png)', '!\\[i\\](https\\://x/p.png)'],
      ['<img src=https://x/p.png>', '\\<img src=https\\://x/p.png\\>'],
      ['`code`', '\\`code\\`'],
      ['a|b', 'a\\|b'],
      ['*a* _b_ ~~c~~ $d$ &amp; \\', '\\*a\\* \\_b\\_ \\~\\~c\\~\\~ \\$d\\$ \\&amp; \\\\'],
      ['https://x/y', 'https\\://x/y'],
      ['one\r\n\r\n# two\u2028three', 'one \\# two three'],
      ['- a', '\\- a'],
      ['\n+ a', ' \\+ a'],
      ['1. a', '1\\. a'],
      ['12) a', '12\\) a'],
      ['===', '\\==='],
      ['a - 1. b', 'a - 1. b'],
      ['a\u202efdp.\u0000\ud800', 'a\ufffdfdp.\ufffd\ufffd'],
    ] as const) {
      assert.equal(markdownText(text), shown);
    }
  });
});

describe('reportOf', () => {
  const hostile = '![i](https://x/p.png)<img src=x>`|\n# head';
  const shown = markdownText(hostile);

  it('has names of strangers as text, in headings, findings, tables and refusals', () => {
    const { file } = modelState();
    const text = reportOf(
      modelState({
        file: { ...file, name: hostile },
        verdict: [{ text: `${hostile} keeps less.` }],
        layers: [layerRow(1, hostile, 12)],
        findings: [
          {
            code: 'weak-layer',
            mark: 'hurts',
            title: `Weak: ${hostile}`,
            text: `Worst: ${hostile}.`,
            layers: [1],
            remedies: [],
          },
        ],
        ledger: [
          {
            outcome: 'refused',
            step: 'Equalize',
            place: hostile,
            layers: [1],
            channels: '',
            code: 'graph-output',
            why: `${hostile} is an output.`,
            unblock: `Take ${hostile} out.`,
          },
        ],
        record: {
          words: `Written by ${hostile}.`,
          changes: [{ label: hostile, about: '' }],
          proofs: [],
          proofWords: hostile,
          repair: { summary: hostile, rows: [] },
        },
      }),
    );
    assert.equal(text.split(shown).length - 1, 12);
    assert.ok(text.startsWith(`# ${shown}\n`));
    assert.doesNotMatch(text.replaceAll(shown, ''), /https|img|head/);
  });
});
