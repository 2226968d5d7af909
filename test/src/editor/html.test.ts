import assert from 'node:assert/strict';
import { panelPage } from '../../../src/editor/html.ts';

describe('the page of a panel', () => {
  const page = panelPage({
    title: 'a<b>&"c".onnx',
    script: 'https://files/model.js',
    style: 'https://files/model.css',
    source: 'https://files',
    nonce: 'n0nce',
  });

  it('lets scripts run by nonce only', () => {
    assert.match(page, /default-src 'none'; script-src 'nonce-n0nce';/);
    assert.deepEqual(page.match(/<script[^>]*>/g), [
      '<script type="module" nonce="n0nce" src="https://files/model.js">',
    ]);
  });

  it('has no word of the user’s that could be markup', () => {
    assert.match(page, /<title>a&lt;b&gt;&amp;&quot;c&quot;\.onnx<\/title>/);
  });
});
