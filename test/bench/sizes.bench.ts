/** What the package is made of: run `npm run build` before. Sizes in kB, compressed as gzip does. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadedWith } from '../kit/loadedWith.ts';
import { print, verdict } from './print.ts';

/** What the first opened ONNX model loads. */
const firstLimitKb = 600;
/** The packaged extension without ONNX Runtime's native part. */
const packageLimitMb = 6;

const files = ['dist', 'dist/webview'].flatMap((folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
    .map(({ name }) => join(folder, name)),
);
const rows = files.map((file) => {
  const contents = readFileSync(file);
  return { file, bytes: contents.length, compressed: gzipSync(contents).length };
});
const kB = (bytes: number): string => (bytes / 1e3).toFixed(0).padStart(8);
const row = (name: string, bytes: number, compressed: number): void =>
  print(`  ${name.padEnd(34)}${kB(bytes)}${kB(compressed)}`);
const sum = (names: readonly string[]): [number, number] => {
  const taken = rows.filter(({ file }) => names.length === 0 || names.includes(file));
  return [
    taken.reduce((all, { bytes }) => all + bytes, 0),
    taken.reduce((all, { compressed }) => all + compressed, 0),
  ];
};

for (const { file, bytes, compressed } of rows) row(file, bytes, compressed);
const first = [
  ...['extension', 'languageClient', 'webview/model'].map((name) => `dist/${name}.js`),
  ...loadedWith('server.mjs', (name) => readFileSync(join('dist', name), 'utf8')).map(
    (name) => `dist/${name}`,
  ),
];
const firstModel = sum([...first, 'dist/webview/model.css']);
const all = sum([]);
row('the first ONNX model', ...firstModel);
row('all', ...all);
verdict('the first ONNX model', firstModel[1] / 1e3, firstLimitKb, 'kB compressed');
verdict('all bundles', all[1] / 1e6, packageLimitMb, 'MB compressed');
