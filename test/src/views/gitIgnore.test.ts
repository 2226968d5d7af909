import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isIgnored, parseIgnore, prunedBy, rulesFromAbove } from '../../../src/views/gitIgnore.ts';

/** Files of ignore rules by folder, and paths that git is asked about too. */
const files: Readonly<Record<string, string>> = {
  '': [
    '# comment',
    '',
    'build/',
    '/top.onnx',
    '*.h5',
    '!keep.h5',
    'deep/**/old.onnx',
    'data/*.onnx',
    '\\#odd.onnx',
    'x[0-9].onnx',
    'y[!a].onnx',
    'spaced.onnx   ',
    'end\\ ',
    '**/cache',
    'logs/**',
    'w?.onnx',
    'nested/sub/',
    'a.b+c.onnx',
    '[z-a].onnx',
  ].join('\n'),
  nested: '!back.h5\n/only.onnx\r\n*.keras\n',
};

const paths = [
  'build/net.onnx',
  'nested/build/net.onnx',
  'builder/net.onnx',
  'top.onnx',
  'nested/top.onnx',
  'a.h5',
  'keep.h5',
  'nested/back.h5',
  'nested/a.h5',
  'deep/old.onnx',
  'deep/1/2/old.onnx',
  'data/n.onnx',
  'data/in/n.onnx',
  '#odd.onnx',
  'x1.onnx',
  'xa.onnx',
  'yb.onnx',
  'ya.onnx',
  'spaced.onnx',
  'cache/n.onnx',
  'p/cache/n.onnx',
  'logs/n.onnx',
  'logs/1/n.onnx',
  'w1.onnx',
  'w12.onnx',
  'nested/only.onnx',
  'nested/in/only.onnx',
  'nested/in/n.keras',
  'n.keras',
  'nested/sub/back.h5',
  'a.b+c.onnx',
  'aXb+c.onnx',
  'm.onnx',
  'unicode/模型.onnx',
];

const rules = new Map(Object.entries(files).map(([folder, text]) => [folder, parseIgnore(text)]));

describe('what .gitignore leaves out', () => {
  const expected: readonly (readonly [path: string, isIgnored: boolean])[] = [
    ['build/net.onnx', true],
    ['builder/net.onnx', false],
    ['nested/top.onnx', false],
    ['keep.h5', false],
    ['nested/back.h5', false],
    ['nested/sub/back.h5', true],
    ['nested/in/only.onnx', false],
    ['data/in/n.onnx', false],
  ];
  for (const [path, ignored] of expected) {
    it(`${path}: ${ignored ? 'left out' : 'listed'}`, () =>
      assert.equal(isIgnored(path, rules), ignored));
  }

  it('is what git says of the same files', function () {
    const folder = mkdtempSync(join(tmpdir(), 'rangefinder-git-'));
    try {
      if (spawnSync('git', ['init', '-q', folder]).status !== 0) this.skip();
      for (const [of, text] of Object.entries(files)) {
        mkdirSync(join(folder, of), { recursive: true });
        writeFileSync(join(folder, of, '.gitignore'), text);
      }
      for (const path of paths) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), '');
      }
      const run = spawnSync('git', ['check-ignore', '--stdin', '-z'], {
        cwd: folder,
        input: paths.join('\0'),
        encoding: 'utf8',
      });
      const theirs = run.stdout.split('\0').filter((path) => path !== '');
      assert.ok(theirs.length > 10, run.stderr);
      assert.deepEqual(
        paths.filter((path) => isIgnored(path, rules)),
        paths.filter((path) => theirs.includes(path)),
      );
      // And where the window begins further down.
      const [way, from] = ['nested', rulesFromAbove(rules.get('') ?? [], 'nested')];
      const here = new Map([['', [...from, ...(rules.get(way) ?? [])]]]);
      const inside = paths.flatMap((path) => path.split('nested/')[1] ?? []);
      const ignored = inside.filter((path) => theirs.includes(`nested/${path}`));
      assert.ok(ignored.length > 3);
      assert.deepEqual(
        inside.filter((path) => isIgnored(path, here)),
        ignored,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const pruned: readonly (readonly [files: Record<string, string>, globs: readonly string[]])[] = [
    [{ '': 'build/\n/data/raw\na{b}\n' }, ['**/build/**', 'data/raw/**']],
    // git brings nothing back out of a folder that it ignores
    [{ '': 'data/\n!.vscode/settings.json\n' }, ['**/data/**']],
    [{ '': 'build/\n!build/keep.onnx\n' }, ['**/build/**']],
    [{ '': 'build/\nout/\n!build/\n' }, ['**/out/**']],
    [{ '': '!build/\nbuild/\n' }, ['**/build/**']],
    [{ '': 'b*/\nout/\n!build/\n' }, ['**/out/**']],
    [{ '': 'out/\n!o*\n' }, []],
    [{ '': 'out/\n!a{b}\n' }, []],
    [{ '': 'out/', sub: 'raw/\n/big' }, ['**/out/**', 'sub/**/raw/**', 'sub/big/**']],
    [{ '': 'out/\nraw/', sub: '!out' }, ['**/raw/**']],
    [{ sub: 'out/', other: '!out' }, ['sub/**/out/**']],
    [{ 'a[b]': 'out/' }, []],
  ];
  for (const [files, globs] of pruned) {
    it(`need not be looked into by ${JSON.stringify(files)}`, () => {
      const known = Object.entries(files).map(
        ([folder, text]) => [folder, parseIgnore(text)] as const,
      );
      assert.deepEqual(prunedBy(new Map(known)), globs);
    });
  }
});
