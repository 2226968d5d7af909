import assert from 'node:assert/strict';
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decode } from 'fast-png';
import { checkSchema, commandLine, sample } from '../../kit/commandLine.ts';
import { runModel } from '../../kit/onnxFiles.ts';
import { closeTo } from '../../kit/run.ts';

const bundle = resolve('dist/cli.js');
const isBuilt = existsSync(bundle) && existsSync(resolve('dist/engine.js'));

/** The bundle that is shipped, as a process of its own. Skipped where `npm run build` was not run. */
describe('the bundled command line', () => {
  const cli = commandLine();
  before(function () {
    if (!isBuilt) this.skip();
  });

  const run = (...words: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [bundle, ...words], { encoding: 'utf8' });

  it('repairs the sample, proves it and saves it', async () => {
    const to = cli.at('repaired.onnx');
    const done = run('repair', sample, '--granularity', 'tensor', '-o', to, '--json');
    assert.equal(done.status, 0, done.stderr);
    const answer = JSON.parse(done.stdout) as Record<string, unknown>;
    checkSchema(answer);
    const { exact, exercised } = answer['proof'] as Record<string, unknown>;
    assert.deepEqual({ exact, exercised }, { exact: true, exercised: true });
    const [expected, actual] = [await runModel(sample), await runModel(to)];
    // Probabilities; what the proof allows of float32 outputs.
    const allowed = { relative: 1e-4, absolute: 0 };
    closeTo(actual['probabilities'] ?? [], expected['probabilities'] ?? [], allowed);
  });

  it('draws charts as pixels, with the typeface beside it', () => {
    const charts = cli.at('charts');
    const done = run('analyze', sample, '--charts', charts, '--charts-as', 'png');
    assert.equal(done.status, 0, done.stderr);
    for (const name of readdirSync(charts)) {
      const { data, width, channels } = decode(readFileSync(join(charts, name)));
      const title = data.subarray(34 * width * channels, 66 * width * channels);
      assert.ok(
        title.some((value) => value < 128),
        name,
      );
    }
  });

  it('runs through a link, as npm installs it', function () {
    if (process.platform === 'win32') this.skip();
    const link = cli.at('rangefinder');
    symlinkSync(bundle, link);
    const words = [link, 'fold', sample, '--json'];
    const done = spawnSync(process.execPath, words, { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    const { proof } = JSON.parse(done.stdout) as { proof: { exercised: boolean } };
    assert.equal(proof.exercised, true);
  });

  it('says what is wrong in one line, without a stack', () => {
    const done = run('fold', cli.at('none.onnx'));
    assert.equal(done.status, 3);
    assert.equal(done.stdout, '');
    assert.match(
      done.stderr,
      /^rangefinder fold: there is no file ".*none\.onnx" \(the model\)\ncheck the path: .*\n$/,
    );
  });

  it('two work at once on one file', async () => {
    const ends = ['a.onnx', 'b.onnx'].map(
      (name) =>
        new Promise<number | null>((done) => {
          const words = [bundle, 'equalize', sample, '-o', cli.at(name), '--quiet'];
          spawn(process.execPath, words, { stdio: 'ignore' }).on('exit', done);
        }),
    );
    assert.deepEqual(await Promise.all(ends), [0, 0]);
    assert.deepEqual(await runModel(cli.at('a.onnx')), await runModel(cli.at('b.onnx')));
  });

  it('stops at Ctrl+C with 130, and leaves no file', async function () {
    if (process.platform === 'win32') this.skip();
    const before = cli.folder.list();
    const words = [bundle, 'repair', sample, '-o', cli.at('stopped.onnx'), '--verbose'];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'ignore'] });
    const ended = new Promise<[number | null, string | null]>((done) =>
      child.on('exit', (code, signal) => done([code, signal])),
    );
    // The engine's process is there once the proof of the first step has begun.
    await until(() => hasChild(child.pid ?? 0) || child.exitCode !== null);
    child.kill('SIGINT');
    assert.deepEqual(await ended, [130, null]);
    assert.deepEqual(cli.folder.list(), before);
  });

  it('killed while its engine computes, leaves no process behind', async function () {
    if (process.platform !== 'linux') this.skip();
    const words = [bundle, 'sensitivity', sample, '--data', 'synthetic', '--quiet'];
    const child = spawn(process.execPath, words, { stdio: 'ignore' });
    const pid = child.pid ?? 0;
    await until(() => childrenOf(pid).length > 0 || child.exitCode !== null);
    const engines = childrenOf(pid);
    assert.ok(engines.length > 0, 'it ended before its engine was seen');
    child.kill('SIGKILL');
    await until(() => engines.every((engine) => !isRunning(engine)));
  });
});

/** Does a process have children? Where that cannot be told, it is said to. */
function hasChild(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/task`)) return process.platform !== 'linux';
  return childrenOf(pid).length > 0;
}

/** The processes that a process has started, on Linux. */
function childrenOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  const files = readdirSync(tasks).map((task) => `${tasks}/${task}/children`);
  const { stdout } = spawnSync('cat', files);
  return stdout.toString().split(/\s+/).filter(Boolean).map(Number);
}

/** Is it there, and no mere entry that nobody has fetched? */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('cat', [`/proc/${pid}/stat`]);
  const [, state = ''] = /\) (\S)/.exec(stdout.toString()) ?? [];
  return state !== '' && state !== 'Z';
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}
