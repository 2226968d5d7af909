import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const files = readdirSync(join(root, 'webview'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(css|ts)$/.test(file))
  .map((file) => `webview/${file.replaceAll('\\', '/')}`);
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
/** Comments hold no colour; what they say must not be taken for one. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

const named = 'black|white|red|green|blue|yellow|orange|purple|gray|grey|silver|cyan|magenta';
/** Colours that are written out: as digits, by a function that takes digits, or by name. */
const literal = {
  css: [
    /#[0-9a-f]{3,8}\b(?=[^{}]*;)/gi,
    /\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\(/gi,
    new RegExp(`:[^;{}]*?(?<![-\\w])(?:${named})(?![-\\w])`, 'gi'),
  ],
  ts: [
    /['"`:\s]#(?=[0-9a-f]*\d)[0-9a-f]{3,8}\b/gi,
    /\b(?:rgba?|hsla?|hwb|oklab|oklch)\(/gi,
    new RegExp(`(?:fill|stroke|color|background)\\w*\\s*[=:]\\s*['"\`](?:${named})\\b`, 'gi'),
  ],
};

/** Where a colour may be written out, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'webview/kit/charts/standAlone.ts': 'a picture that is a file of its own has no theme',
};

/** Tokens that a theme may leave out stand with a fallback; these always have a value. */
const always = ['foreground', 'editor-background', 'font-family'];

/** Where a token may be missing without harm, and why. */
const harmless: Readonly<Record<string, string>> = {
  'input-background': 'a field without a fill shows that of the page; its border has a fallback',
  'list-hoverBackground': 'a row under the pointer is then not marked',
};

const found = (text: string, patterns: readonly RegExp[]): string[] =>
  patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([match]) => match.trim()));

describe('colours of the page', () => {
  it('are looked for in all of it', () => {
    assert.ok(files.filter((file) => file.endsWith('.css')).length >= 8);
    assert.ok(files.filter((file) => file.endsWith('.ts')).length >= 60);
    assert.deepEqual(
      found('a { color: #fff; b: rgb(1 2 3); border: 1px solid red }', literal.css),
      ['#fff', 'rgb(', ': 1px solid red'],
    );
    assert.deepEqual(found(`<path fill="red" d="#0" stroke='#12ab34'>`, literal.ts), [
      `'#12ab34`,
      'fill="red',
    ]);
  });

  it('come from the tokens of the theme alone', () => {
    const checked = files.filter((file) => !(file in exceptions));
    const literals = checked.flatMap((file) => {
      const patterns = file.endsWith('.css') ? literal.css : literal.ts;
      return found(withoutComments(textOf(file)), patterns).map((text) => `${file}: ${text}`);
    });
    assert.deepEqual(literals, []);
  });

  it('have something to stand in for each token that a theme may leave out', () => {
    const bare = files.flatMap((file) =>
      [...textOf(file).matchAll(/var\(\s*--vscode-([\w-]+)\s*\)/g)]
        .map(([, token = '']) => token)
        .filter((token) => !always.includes(token) && !(token in harmless))
        .map((token) => `${file}: ${token}`),
    );
    assert.deepEqual(bare, []);
  });

  it('of meaning have one name each, not that of the token', () => {
    const raw = files
      .filter((file) => !file.endsWith('kit/theme.css'))
      .flatMap((file) =>
        [...textOf(file).matchAll(/var\(\s*--vscode-(charts-\w+|focusBorder)/g)].map(
          ([, token = '']) => `${file}: ${token}`,
        ),
      );
    assert.deepEqual(raw, []);
  });
});
