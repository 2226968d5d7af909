import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findingCodes } from '../server/core/diagnose/findingCodes.ts';
import { textCodes } from '../server/core/json/textCodes.ts';

const root = join(import.meta.dirname, '..');
const index = 'README.md';
const pages = readdirSync(join(root, 'docs')).filter(
  (name) => name.endsWith('.md') && name !== index,
);
const textOf = (page: string): string => readFileSync(join(root, 'docs', page), 'utf8');

describe('pages about codes', () => {
  it('are there for each code, and for nothing else', () => {
    // The compiler holds whoever finds something to these lists.
    const codes = [...findingCodes, ...textCodes];
    assert.equal(new Set(codes).size, codes.length);
    assert.deepEqual(pages.map((page) => page.replace(/\.md$/, '')).sort(), [...codes].sort());
  });

  it('are about codes that something finds', () => {
    const texts = ['server', 'src']
      .flatMap((place) =>
        readdirSync(join(root, place), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(root, place, name),
        ),
      )
      .filter((path) => path.endsWith('.ts') && !/(text|finding)Codes\.ts$/.test(path))
      .map((path) => readFileSync(path, 'utf8'));
    const found = (code: string): boolean => texts.some((text) => text.includes(`'${code}'`));
    assert.deepEqual(
      [...findingCodes, ...textCodes].filter((code) => !found(code)),
      [],
    );
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

  it('are listed with what they say, codes of texts apart', () => {
    const [models = '', texts = ''] = textOf(index).split('\n## Of texts\n');
    const listed = (text: string): string[] =>
      [...text.matchAll(/^- \[([a-z0-9-]+)\]\(\1\.md\): \S.*\.$/gm)].map(([, code = '']) => code);
    assert.deepEqual(listed(models), [...findingCodes].sort());
    assert.deepEqual(listed(texts), [...textCodes].sort());
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
