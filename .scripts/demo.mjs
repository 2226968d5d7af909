/**
 * npm run demo: installs what is missing, builds, and runs the whole repair on the bundled sample:
 * what was found, what was done, how it was proved, and what it gained. With `-- --ui`: in VS Code.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureModules, giveUp, root } from './ensure.mjs';

process.chdir(root);
if (Number(process.versions.node.split('.')[0]) < 20) {
  giveUp(`Node.js 20 or later is needed; this is ${process.versions.node}.`);
}
ensureModules();
const node = (words, options = {}) =>
  spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
if (node(['.scripts/build.mjs'], { stdio: 'inherit' }).status !== 0) {
  giveUp('The build failed: see above.');
}
if (process.argv.includes('--ui')) {
  const opened = node(['.scripts/openUi.mjs', ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(opened.status ?? 1);
}

const model = 'media/sample/sample.onnx';
const folder = mkdtempSync(join(tmpdir(), 'rangefinder-demo-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const say = (...lines) => process.stdout.write(`${lines.join('\n')}\n`);
const db = (value) => `${value.toFixed(1).replace('-', '−')} dB`;
/** The first sentences of a text. */
const sentences = (text, count) =>
  text
    .split(/(?<=\.) /)
    .slice(0, count)
    .join(' ');

/** What the command line answers, for weights with one scale a layer. */
function ask(...words) {
  const done = node(['dist/cli.js', ...words, '--granularity', 'tensor', '--json']);
  let answer;
  try {
    answer = JSON.parse(done.stdout);
  } catch {
    giveUp(`rangefinder ${words.join(' ')} gave no answer.\n${done.stderr}`);
  }
  if (answer.error) giveUp(`rangefinder ${words.join(' ')}: ${answer.error.message}`);
  return answer;
}

const samples = ['--data', 'media/sample/samples.npz'];
const folded = join(folder, 'folded.onnx');
const repaired = join(folder, 'repaired.onnx');
const { applied } = ask('fold', model, '-o', folded);
const found = ask('analyze', folded);
const hurt = ask('sensitivity', folded, ...samples);
const measured = ask('measure', folded, ...samples);
const repair = ask('repair', model, ...samples, '-o', repaired);

say(
  '',
  `The sample: a network of ${found.counts.layers} layers that tells ten kinds of drawings apart (${model}).`,
  'The target: weights and activations of 8 bits, with one scale for each layer.',
  '',
  `1. What will suffer, once the ${applied.length} batch norms are folded as every runtime does`,
  '   (signal to rounding noise of the outputs with only this layer quantized, worst first;',
  '   behind it that of its own output, to tell what hurts it)',
  '',
);
const alone = new Map(hurt.layers.map(({ name, onlyThis }) => [name, onlyThis.logitsSqnrDb]));
const own = new Map(measured.layers.map((layer) => [layer.name, layer]));
const byLoss = (a, b) => alone.get(a.name) - alone.get(b.name);
for (const { name, weight, lostChannels } of [...found.layers].sort(byLoss).slice(0, 4)) {
  const { weights, activations } = own.get(name);
  const what = weights.sqnrDb < activations.sqnrDb ? 'weights' : 'activations';
  const lost =
    lostChannels > 0 ? `; ${lostChannels} of ${weight.shape[0]} channels round to 0` : '';
  say(
    `   ${name.padEnd(10)} ${db(alone.get(name)).padStart(8)}, hurt by its ${what}: ${db(weights.sqnrDb)} with just its weights rounded, ${db(activations.sqnrDb)} with just its activations${lost}`,
  );
}
const warnings = found.findings.filter(({ severity }) => severity !== 'info').slice(0, 2);
say('', '   What the weights alone say, and where each is worst:');
say(...warnings.map(({ message }) => `   ${sentences(message, 2)}`));

say('', '2. What was done about it', '');
/** Steps that were judged together share a line. */
const lines = [];
for (const { id, kept, reason } of repair.steps) {
  const last = lines.at(-1);
  if (last?.kept === kept && last.reason === reason) last.ids.push(id);
  else lines.push({ ids: [id], kept, reason });
}
const widest = Math.max(...lines.map(({ ids }) => ids.join(', ').length));
for (const { ids, kept, reason } of lines) {
  const name = ids.join(', ').padEnd(widest + 1);
  say(`   ${kept ? '✓' : '·'} ${name} ${sentences(reason, kept ? 2 : 1)}`);
}

const { proof } = repair;
say(
  '',
  '3. The proof that the float network still computes the same, before its biases are fitted to the grid',
  '',
  `   Run before and after on ${proof.samples} inputs (${proof.source}): outputs moved by at most ${proof.maxRel.toExponential(0)} of the largest.`,
  '',
  `4. What it gained, on ${repair.samples} drawings that nothing was fitted to: told right, and SQNR of the logits`,
  '',
);
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const row = (title, ...cells) =>
  `   ${title.padEnd(22)}${cells.map((c) => c.padStart(10)).join('')}`;
const scores = ({ quantized }) => [percent(quantized.top1), db(quantized.logitsSqnrDb)];
say(
  row('float', percent(repair.before.float.top1)),
  row('8 bits, folded only', ...scores(repair.before)),
  row('8 bits, repaired', ...scores(repair.after)),
  '',
  'Go on:  npm run demo -- --ui                       the same in VS Code',
  '        node dist/cli.js analyze your-model.onnx   a model of your own',
);
