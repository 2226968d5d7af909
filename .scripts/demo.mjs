/**
 * npm run demo: installs what is missing, builds, and runs the whole repair on the bundled sample:
 * what was found, what was done, how it was proved, and what it gained. With `-- --ui`: in VS Code.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
const run = (command, args, options = {}) =>
  spawnSync(command, args, { stdio: 'inherit', env, ...options });
const must = (what, result) => {
  if (result.status === 0) return;
  console.error(`${what} failed`);
  process.exit(result.status ?? 1);
};
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

if (!existsSync('node_modules/.package-lock.json')) must('npm ci', run(npm, ['ci']));
must('build', run(process.execPath, ['.scripts/build.mjs']));
if (process.argv.includes('--ui')) {
  must('opening VS Code', run(process.execPath, ['.scripts/openUi.mjs', ...process.argv.slice(2)]));
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'rangefinder-demo-'));
const cli = (...args) => {
  const done = spawnSync(process.execPath, ['dist/cli.js', ...args, '--json'], {
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const answer = JSON.parse(done.stdout);
  if (answer.error) {
    console.error(`rangefinder ${args.join(' ')}: ${answer.error.message}`);
    process.exit(done.status ?? 1);
  }
  return answer;
};
const db = (value) => (typeof value === 'number' ? `${value.toFixed(1)} dB` : value);
const say = (...lines) => console.log(lines.join('\n'));
const tensor = ['--granularity', 'tensor'];

try {
  const model = 'media/sample/sample.onnx';
  const found = cli('analyze', model, ...tensor);
  const worst = [...found.layers].sort((a, b) => a.sqnr.tensor - b.sqnr.tensor).slice(0, 5);
  say(
    `The sample: ${found.model.nodes} nodes, ${found.model.parameters.toLocaleString('en')} weights, ${found.counts.layers} layers, ${found.counts.batchNorms} batch norms.`,
    'Target: 8-bit weights, one scale a tensor.',
    '',
  );

  const folded = join(folder, 'folded.onnx');
  const fold = cli('fold', model, '-o', folded, ...tensor);
  const after = cli('analyze', folded, ...tensor);
  const hurt = [...after.layers].sort((a, b) => a.sqnr.tensor - b.sqnr.tensor).slice(0, 5);
  say(
    `Folding ${fold.applied.length} batch norms, as every target does, brings out the layers that will suffer (as opened the worst was ${worst[0].name}):`,
  );
  for (const layer of hurt) {
    say(
      `  ${layer.name.padEnd(16)} ${db(layer.sqnr.tensor).padStart(8)} with one scale, ${db(layer.sqnr.channel).padStart(8)} with one a channel; widest channel ${layer.channelSpread.toFixed?.(0) ?? layer.channelSpread}× the median`,
    );
  }
  say('');
  for (const finding of after.findings.slice(0, 4))
    say(`  ${finding.severity}: ${finding.message}`);

  const repaired = join(folder, 'repaired.onnx');
  const repair = cli('repair', model, '-o', repaired, ...tensor);
  say('', 'Repair:');
  for (const step of repair.steps)
    say(`  ${step.kept ? '✓' : '·'} ${step.id.padEnd(9)} ${step.reason}`);
  say(
    `  Proof: float outputs moved by at most ${(100 * repair.proof.maxRel).toExponential(1)} % on ${repair.proof.samples} probes.`,
    `  ${repair.verdict}`,
    '',
  );
  must(
    'judging',
    run(process.execPath, ['--import', 'tsx', '.scripts/sample/judge.ts', folded, repaired]),
  );
  say('', 'See it in VS Code: npm run demo -- --ui');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
