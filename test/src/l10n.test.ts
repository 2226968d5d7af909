import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };
import { t, translateBy } from '../../src/l10n.ts';

const root = join(import.meta.dirname, '../..');

/** What `.scripts/makeL10n.mjs` exports, which is no TypeScript. */
interface MakeL10n {
  readonly sentencesIn: (root: string) => {
    readonly sentences: readonly string[];
    readonly faults: readonly string[];
  };
  readonly bundleOf: (sentences: readonly string[]) => string;
}

describe('sentences of the extension', () => {
  let script: MakeL10n;
  before(async () => {
    const path = pathToFileURL(join(root, '.scripts/makeL10n.mjs')).href;
    script = (await import(path)) as MakeL10n;
  });

  it('are all in the bundle that translations begin with: run npm run make:l10n', () => {
    const { sentences } = script.sentencesIn(root);
    assert.ok(sentences.length > 200, `${sentences.length}`);
    const file = join(root, manifest.l10n, 'bundle.l10n.json');
    assert.ok(existsSync(file));
    assert.equal(readFileSync(file, 'utf8'), script.bundleOf(sentences));
  });

  it('can be translated wherever they are shown, with a value for each place', () => {
    assert.deepEqual(script.sentencesIn(root).faults, []);
  });

  it('are said in the language of the window, else in English', () => {
    assert.equal(t('{0} was written in {1}.', 'a.onnx', 3), 'a.onnx was written in 3.');
    assert.equal(t('{0} and {2}', 'a'), 'a and {2}');
    try {
      translateBy((message, ...values) => `<${message}|${values.join()}>`);
      assert.equal(t('Open {0}', 'a'), '<Open {0}|a>');
    } finally {
      translateBy((message, ...values) =>
        message.replace(/\{(\d+)\}/g, (found, at: string) => String(values[Number(at)] ?? found)),
      );
    }
  });
});
