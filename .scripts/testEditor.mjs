/**
 * Tests in a real VS Code: the mocha suite inside its extension host, then the packaged .vsix in a
 * browser. `--suite` or `--vsix` runs one of them. Prints each test and the totals.
 * RANGEFINDER_CODE names a desktop VS Code to run the suite in instead of the prepared host.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureChromium, ensureHost, ensureModules, root } from './ensure.mjs';

ensureModules();
process.chdir(root);
const out = join(root, 'test/out');
const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);

/** What a run wrote about its tests. A run that did not come to its end has failed. */
function readResults(file, name) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const events = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { event, title, ms, stack, vscode, node } of events) {
    if (event === 'host')
      process.stdout.write(`VS Code ${vscode}, extension host on Node ${node}\n`);
    if (event === 'pass') process.stdout.write(`  ok    ${title} (${ms} ms)\n`);
    if (event === 'skip') process.stdout.write(`  skip  ${title}\n`);
    if (event === 'fail') process.stdout.write(`  FAIL  ${title}\n${stack}\n`);
    if (event === 'pass') counts.passed++;
    if (event === 'skip') counts.skipped++;
    if (event === 'fail') counts.failed++;
  }
  if (!events.some(({ event }) => event === 'end')) {
    process.stdout.write(`  FAIL  ${name} did not come to its end\n`);
    counts.failed++;
  }
  return counts;
}

async function buildSuite() {
  const { build } = await import('esbuild');
  const folder = join(root, 'test/editor/suite');
  const outdir = join(out, 'suite');
  rmSync(outdir, { recursive: true, force: true });
  const files = readdirSync(folder).filter(
    (name) => name === 'index.ts' || name.endsWith('.test.ts'),
  );
  await build({
    entryPoints: files.map((name) => join(folder, name)),
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    logLevel: 'warning',
    external: ['vscode', 'mocha'],
  });
  return join(outdir, 'index.js');
}

/** Models for the tests, written anew: the suite changes them. */
function makeWorkspace() {
  const folder = join(out, 'workspace');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const made = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'test/editor/makeModels.ts', folder],
    {
      stdio: 'inherit',
    },
  );
  if (made.status !== 0) throw new Error('the models for the editor tests could not be made');
  return folder;
}

async function runSuite() {
  process.stdout.write('\nIn the extension host of VS Code\n');
  const results = join(out, 'suite.jsonl');
  rmSync(results, { force: true });
  const { runTests } = await import('@vscode/test-electron');
  const shim = join(root, 'test/editor/rig/codeShim.mjs');
  const code = await runTests({
    vscodeExecutablePath: process.env.RANGEFINDER_CODE ?? shim,
    extensionDevelopmentPath: root,
    extensionTestsPath: await buildSuite(),
    extensionTestsEnv: {
      RANGEFINDER_RESULTS: results,
      RANGEFINDER_OUT: join(out, 'suite-pictures'),
    },
    launchArgs: [makeWorkspace()],
  }).catch(() => 1);
  const counts = readResults(results, 'the suite');
  // The host ended badly after tests that all passed: that is a failure too.
  if (code !== 0 && counts.failed === 0) counts.failed++;
  return counts;
}

function runVsix() {
  process.stdout.write('\nThe packaged .vsix in a browser\n');
  const results = join(out, 'vsix.jsonl');
  rmSync(results, { force: true });
  const run = spawnSync(process.execPath, ['test/editor/rig/vsix.mjs'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      RANGEFINDER_RESULTS: results,
      RANGEFINDER_OUT: join(out, 'vsix-pictures'),
    },
    timeout: 1_200_000, // only what hangs takes that long
  });
  const counts = readResults(results, 'the run of the package');
  if (run.status !== 0 && counts.failed === 0) counts.failed++;
  return counts;
}

ensureChromium();
ensureHost();
mkdirSync(out, { recursive: true });
const built = spawnSync(process.execPath, ['.scripts/build.mjs'], { stdio: 'inherit' });
const runs = [];
if (built.status !== 0) runs.push({ passed: 0, failed: 1, skipped: 0 });
else {
  if (isWanted('--suite')) runs.push(await runSuite());
  if (isWanted('--vsix')) runs.push(runVsix());
}
const total = (key) => runs.reduce((sum, counts) => sum + counts[key], 0);
const counts = { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
writeFileSync(join(out, 'editor.json'), `${JSON.stringify(counts)}\n`);
process.stdout.write(
  `\nEditor: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
);
process.exit(counts.failed > 0 ? 1 : 0);
