import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from '../server/core/diagnose/index.ts';

const root = join(import.meta.dirname, '..');
const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const textOf = (page: string): string => readFileSync(join(root, 'docs', page), 'utf8');

/** Sources below these places, with their texts. */
const sources = (...places: readonly string[]): string[] =>
  places.flatMap((place) =>
    (place.endsWith('.ts')
      ? [place]
      : readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .map((name) => join(place, name))
    ).map((path) => readFileSync(join(root, path), 'utf8')),
  );

/** Codes that are literals where something is found. */
const codesIn = (texts: readonly string[], pattern: RegExp): string[] =>
  texts.flatMap((text) => Array.from(text.matchAll(pattern), ([, code]) => code ?? ''));

describe('pages about codes', () => {
  it('are there for each finding, of weights and of samples', () => {
    const ofSamples = codesIn(
      sources('server/toWire/dataFindings.ts', 'server/toWire/errorFindings.ts'),
      /code: '([a-z0-9-]+)'/g,
    );
    assert.ok(ofSamples.includes('bias-overflow'));
    for (const code of [...rules.map((rule) => rule.code), ...ofSamples]) {
      assert.ok(pages.includes(`${code}.md`), code);
    }
  });

  it('are there for each problem of a text', () => {
    const found = codesIn(
      sources('server/text', 'server/core/encodings', 'server/core/quant', 'server/encodings'),
      /\.add\(\s*[^,;]+,\s*'([a-z][a-z0-9]*(?:-[a-z0-9]+)*)'/g,
    );
    assert.ok(found.includes('unknown-layer') && found.includes('wrong-value'), found.join());
    for (const code of found) assert.ok(pages.includes(`${code}.md`), code);
  });

  it('have their code for a title, say what and what helps, and lead to pages that are there', () => {
    for (const page of pages) {
      const text = textOf(page);
      assert.ok(text.startsWith(`# ${page.replace(/\.md$/, '')}\n`), page);
      assert.match(text, /\*\*What it says\.\*\*/, page);
      assert.match(text, /\*\*What helps\.\*\*|\*\*What to do\.\*\*/, page);
      for (const [, to] of text.matchAll(/\]\(([^)#]+)/g)) {
        if (!/^https?:/.test(to ?? '')) assert.ok(pages.includes(to ?? ''), `${page}: ${to}`);
      }
    }
  });

  it('are opened as they are read: by the folder that the extension is installed in', () => {
    const { name, publisher, contributes } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    ) as {
      name: string;
      publisher: string;
      contributes: { configurationDefaults: Record<string, Record<string, string>> };
    };
    assert.deepEqual(contributes.configurationDefaults['workbench.editorAssociations'], {
      [`**/${publisher}.${name}-*/docs/*.md`]: 'vscode.markdown.preview.editor',
    });
  });
});
