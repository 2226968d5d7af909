/**
 * Fold + equalize + absorb of a ResNet-50 and a MobileNetV2, file reading included: CPU seconds in
 * a fresh process. Where RANGEFINDER_AIMET_PYTHON names a Python that has AIMET-ONNX and torch, the
 * models are those of the oracle's script (RANGEFINDER_ORACLE), made once and kept in the temporary
 * folder, and AIMET is run between ours; else they are our own of the same structure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Graph } from '../../server/core/graph/graph.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { openDocument } from '../../server/formats/index.ts';
import { noJob } from '../../server/core/job.ts';
import { runPass } from '../../server/runSteps.ts';
import { mobileNetV2, resNet50 } from './networks.ts';
import { cpuSeconds, median, print, verdict } from './print.ts';

interface Network {
  readonly name: string;
  readonly limitSeconds: number;
  /** As many times as fast as AIMET. */
  readonly wantedRatio: number;
  /** Of AIMET-ONNX 2.42, measured once on two cores. */
  readonly aimetSeconds: number;
  readonly make: () => Graph;
}

const networks: readonly Network[] = [
  { name: 'resnet50', limitSeconds: 0.45, wantedRatio: 40, aimetSeconds: 18.8, make: resNet50 },
  {
    name: 'mobilenet_v2',
    limitSeconds: 0.15,
    wantedRatio: 25,
    aimetSeconds: 3.9,
    make: mobileNetV2,
  },
];
const rounds = 5;
/** What making the models, or one run of AIMET, may take at most. */
const patienceMs = 300_000;

const python = process.env['RANGEFINDER_AIMET_PYTHON'];
const script = resolve(
  process.env['RANGEFINDER_ORACLE'] ?? '../shared/oracle',
  'speed/make_models.py',
);

async function once(path: string): Promise<void> {
  const used = await cpuSeconds(async () => {
    const opened = await openDocument(path, noJob);
    if (!opened.ok) throw new Error(opened.error.message);
    let { graph } = opened.value;
    for (const step of ['fold', 'equalize', 'absorb'] as const) {
      graph = (await runPass(graph, step, {}, noJob)).graph;
    }
    opened.value.dispose();
  });
  print(String(used));
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-bench-'));
  try {
    const made = oracleModels();
    for (const network of networks) {
      const { name, limitSeconds, wantedRatio, aimetSeconds } = network;
      const path = made ? join(made, `${name}.onnx`) : join(folder, `${name}.onnx`);
      if (!made) writeFileSync(path, encodeGraph(network.make()));
      const ours: number[] = [];
      let aimet = aimetSeconds;
      for (let round = 0; round < rounds; round++) {
        ours.push(Number(runOf(process.execPath, [__filename, path])));
        if (made && round === 1) aimet = Number(runOf(python ?? '', ['-c', aimetCode, path]));
      }
      const seconds = median(ours);
      verdict(`${name}: open, fold, equalize, absorb`, seconds, limitSeconds, 's CPU');
      const ratio = aimet / seconds;
      const where = made ? 'in this run' : 'as measured once (beside ours: skipped)';
      print(
        `  ${ratio >= wantedRatio ? 'ok  ' : 'LESS'} ${name}: ${ratio.toFixed(0)} times as fast as AIMET's ${aimet.toFixed(1)} s ${where} (wanted ${wantedRatio})`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The folder of the oracle's models; undefined, and said so, where they cannot be made. */
function oracleModels(): string | undefined {
  if (python === undefined || !existsSync(script)) {
    const missing = python === undefined ? 'RANGEFINDER_AIMET_PYTHON is not set' : `no ${script}`;
    print(`       the oracle's models and AIMET beside ours: skipped (${missing})`);
    return undefined;
  }
  const folder = join(tmpdir(), 'rangefinder-speed-models');
  mkdirSync(folder, { recursive: true });
  const isThere = networks.every(({ name }) => existsSync(join(folder, `${name}.onnx`)));
  if (!isThere) {
    // Made beside and moved in: a script that is stopped leaves no half of a model.
    const work = mkdtempSync(join(folder, 'making-'));
    runOf(python, [script, work]);
    for (const { name } of networks)
      renameSync(join(work, `${name}.onnx`), join(folder, `${name}.onnx`));
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** CPU seconds of AIMET's equalize_model; reading the file and importing are not counted. */
const aimetCode =
  'import sys, time, onnx; from aimet_onnx.cross_layer_equalization import equalize_model\n' +
  'm = onnx.load(sys.argv[1]); t = time.process_time(); equalize_model(m); print(time.process_time() - t)';

/** The last line that a program prints. */
function runOf(program: string, given: readonly string[]): string {
  const run = spawnSync(program, given, { encoding: 'utf8', timeout: patienceMs });
  if (run.status !== 0) throw new Error(`${program} failed: ${run.stderr || String(run.error)}`);
  return run.stdout.trim().split('\n').at(-1) ?? '';
}

const [path] = process.argv.slice(2);
if (path === undefined) main();
else void once(path);
