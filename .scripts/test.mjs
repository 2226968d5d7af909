/**
 * `npm test`: installs what is missing, then types, lint, format, bundles, unit tests, and the tests
 * in a real VS Code. The last line is the total; the exit code is 0 only when nothing failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureModules, root } from './ensure.mjs';

process.chdir(root);
ensureModules();
const out = join(root, 'test/out');
mkdirSync(out, { recursive: true });
const total = { passed: 0, failed: 0, skipped: 0 };
const began = Date.now();
const failures = [];

function add(title, { passed, failed, skipped = 0 }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  if (failed > 0) failures.push(title);
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  process.stdout.write(`[${seconds} s] ${title}: ${failed > 0 ? 'FAILED' : 'ok'}\n`);
}

const node = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0;

/** A check counts as one test. */
function check(title, ...args) {
  process.stdout.write(`\n${title}\n`);
  const isGood = node(...args);
  add(title, { passed: Number(isGood), failed: Number(!isGood) });
}

/** Counts that a run left in a file; none means that it broke off. */
function readCounts(file, read) {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  return read(JSON.parse(readFileSync(file, 'utf8')));
}

function unitTests() {
  process.stdout.write('\nUnit tests\n');
  const file = join(out, 'unit.json');
  rmSync(file, { force: true });
  const reporter = join(root, '.scripts/countingReporter.cjs');
  const isGood = node(
    'node_modules/mocha/bin/mocha.js',
    '--reporter',
    reporter,
    '--reporter-option',
    `output=${file}`,
  );
  const counts = readCounts(file, ({ passes, failures: failed, pending }) => ({
    passed: passes,
    failed,
    skipped: pending,
  }));
  add('Unit tests', { ...counts, failed: !isGood && counts.failed === 0 ? 1 : counts.failed });
}

function editorTests() {
  process.stdout.write('\nTests in VS Code\n');
  const file = join(out, 'editor.json');
  rmSync(file, { force: true });
  node('.scripts/testEditor.mjs');
  add(
    'Tests in VS Code',
    readCounts(file, (counts) => counts),
  );
}

check('Types', '.scripts/typecheck.mjs');
check('Lint', 'node_modules/eslint/bin/eslint.js', '-c', '.config/eslint.config.mjs', '.');
check('Format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
check('Bundles', '.scripts/build.mjs');
unitTests();
editorTests();

if (failures.length > 0) process.stdout.write(`\nFailed: ${failures.join(', ')}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
