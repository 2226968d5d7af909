/**
 * Writes l10n/bundle.l10n.json, the sentences of the extension that can be translated: the first
 * argument of every call of `t` in src/. A translation is a copy named bundle.l10n.LANGUAGE.json.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Calls that show their texts to people. */
const shows = new Set([
  'tell',
  'choose',
  'chooseMany',
  'pickPath',
  'pickSaveFile',
  'pickModelFile',
  'askNumber',
  'showInformationMessage',
  'showWarningMessage',
  'showErrorMessage',
]);

/** Fields of what is told. */
const tells = new Set(['message', 'remedy']);

/** Calls whose texts nobody is shown: the log, and faults of ours that only it has. */
const logs = /^(log|.*\.log)(\.(info|warn|error))?$|^(Error|AggregateError)$/;

/** Files with words that are no sentences: reasons that go to the log, and markup. */
const wordless = new Set(['src/config.ts', 'src/editor/html.ts']);

/** Words that are compared with what others write, or that are names. */
const foreign = new Set([
  'A bug of ours: ',
  'byte ',
  'Weights per channel',
  'version https://git-lfs.github.com/spec/',
]);

/** Every sentence of the sources, and what is wrong with how it is said. */
export function sentencesIn(root) {
  const sentences = new Set();
  const faults = [];
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const say = (node, what) => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      faults.push(`${file.slice(root.length + 1)}:${line + 1}: ${what}`);
    };
    const mayBeBare = wordless.has(file.slice(root.length + 1).replaceAll('\\', '/'));
    const look = (node) => {
      if (!mayBeBare && hasWords(node) && !isSaid(node, source)) say(node, 'is not said by t');
      if (ts.isCallExpression(node)) {
        const name = node.expression.getText(source).split('.').pop();
        if (node.expression.getText(source) === 't') take(node, say, sentences);
        else if (shows.has(name)) {
          for (const argument of node.arguments)
            if (isBare(argument) && !hasWords(argument)) say(argument, 'is not said by t');
        }
      }
      if (ts.isPropertyAssignment(node) && tells.has(node.name.getText(source))) {
        if (isBare(node.initializer) && !hasWords(node.initializer))
          say(node.initializer, 'is not said by t');
      }
      node.forEachChild(look);
    };
    look(source);
  }
  return { sentences: [...sentences].sort(), faults };
}

/** The bundle as its file has it. */
export const bundleOf = (sentences) =>
  `${JSON.stringify(Object.fromEntries(sentences.map((one) => [one, one])), undefined, 2)}\n`;

function take({ arguments: [message, ...values] }, say, sentences) {
  if (!message || !ts.isStringLiteralLike(message)) return say(message, 'has no sentence as a key');
  sentences.add(message.text);
  const places = new Set([...message.text.matchAll(/\{(\d+)\}/g)].map(([, at]) => Number(at)));
  const isWhole = places.size === values.length && values.every((_, at) => places.has(at));
  if (!isWhole) say(message, 'has other places than values');
}

/** A sentence that is written out. */
const isBare = (node) =>
  ts.isTemplateExpression(node) || (ts.isStringLiteralLike(node) && / /.test(node.text));

/** Text of several words, in letters; units of numbers are none. */
function hasWords(node) {
  const parts = ts.isTemplateExpression(node)
    ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)]
    : ts.isStringLiteralLike(node)
      ? [node.text]
      : [];
  if (parts.some((part) => foreign.has(part))) return false;
  const text = parts.join('0').replace(/\b(dB|kB|MB|GB)\b/g, '');
  return /[A-Za-z]{2,}[,;:]? |[ (][A-Za-z]{2,}/.test(text);
}

/** It is an argument of `t` or of what only logs, a type, or what a module is called. */
function isSaid(node, source) {
  for (let at = node; at.parent && !ts.isStatement(at); at = at.parent) {
    const { parent } = at;
    if (ts.isLiteralTypeNode(parent)) return true;
    if (!ts.isCallExpression(parent) && !ts.isNewExpression(parent)) continue;
    const name = parent.expression.getText(source);
    if (name === 't' ? parent.arguments[0] === at : logs.test(name)) return true;
  }
  return false;
}

if (process.argv[1] === import.meta.filename) {
  const root = join(import.meta.dirname, '..');
  const { sentences, faults } = sentencesIn(root);
  mkdirSync(join(root, 'l10n'), { recursive: true });
  writeFileSync(join(root, 'l10n/bundle.l10n.json'), bundleOf(sentences));
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
