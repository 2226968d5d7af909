import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import manifest from '../../package.json' with { type: 'json' };
import texts from '../../package.nls.json' with { type: 'json' };

const titles = manifest.contributes.commands.map(({ title }) =>
  (texts as Readonly<Record<string, string>>)[title.slice(1, -1)]!.replace(/\.\.\.$/, ''),
);

/** Capitals within a sentence that are no command's: steps, a button of the page, a menu of VS Code. */
const others = ['Fold', 'Equalize', 'Absorb', 'Correct', 'Repair', 'Remove correction', 'Save As'];

/** What commands begin with, with a capital where no sentence begins: somebody is told of a command. */
const verbs = [...new Set(titles.map((title) => title.split(' ')[0]!))];
const naming = new RegExp(`(?<=[a-z0-9,:;)”] [“"*]?)(?:${verbs.join('|')})\\b.*`, 'g');

/** The words of each title, whatever stands between them and however they are written. */
const loosely = titles
  .filter((title) => title.includes(' '))
  .map((title) => ({
    title,
    found: new RegExp(`\\b${title.match(/\w+/g)!.join('\\W+')}\\b`, 'gi'),
  }));

/** What is wrong with the names of commands in a text. */
function wrongNames(text: string): string[] {
  const sentence = text.replace(/\s+/g, ' ');
  const strange = [...sentence.matchAll(naming)]
    .map(([rest]) => rest)
    .filter((rest) => ![...titles, ...others].some((name) => startsWithName(rest, name)));
  const misspelt = loosely.flatMap(({ title, found }) =>
    (sentence.match(found) ?? []).filter((one) => one !== title && one !== one.toLowerCase()),
  );
  return [...strange, ...misspelt];
}

const startsWithName = (text: string, name: string): boolean =>
  text.startsWith(name) && !/^\w/.test(text.slice(name.length));

/** Every piece of text in the server's own source. */
function* sentences(): Generator<{ readonly path: string; readonly text: string }> {
  for (const path of readdirSync('server', { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (
        ts.isStringLiteralLike(node) ||
        ts.isTemplateHead(node) ||
        ts.isTemplateMiddleOrTemplateTail(node)
      ) {
        found.push(node.text);
      }
      ts.forEachChild(node, visit);
    };
    const source = readFileSync(join('server', path), 'utf8');
    visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest));
    for (const text of found) if (text.includes(' ')) yield { path, text };
  }
}

describe('commands that the server names in its sentences', () => {
  it('are told right from wrong here', () => {
    for (const text of [
      'All of them are in the layers table: Export, Layers Table in the editor.',
      'See it with Show table.',
      'Use Save copy to keep it.',
      'Choose Export Report.',
      'Save As ONNX keeps them.',
    ]) {
      assert.notDeepEqual(wrongNames(text), [], text);
    }
    for (const text of [
      'All of them are in the layers table: Export layers table in the editor.',
      'Use Save As to keep it.',
      'First fold batch norms. Equalize layers then, with Equalize or “Equalize layers”.',
      'Save as ONNX…',
    ]) {
      assert.deepEqual(wrongNames(text), [], text);
    }
  });

  it('are called as the palette calls them', () => {
    const wrong = [...sentences()].flatMap(({ path, text }) =>
      wrongNames(text).map((name) => `${path}: ${name}`),
    );
    assert.deepEqual(wrong, []);
  });
});
