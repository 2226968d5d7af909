/**
 * Fold + equalize + absorb of a ResNet-50 and a MobileNetV2, file reading included: CPU seconds in
 * a fresh process. AIMET-ONNX 2.42 takes 18.8 s and 3.9 s on a machine of two cores; where
 * RANGEFINDER_AIMET_PYTHON names a Python that has it, it is run beside ours.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { openDocument } from '../../server/formats/index.ts';
import { noJob } from '../../server/core/job.ts';
import { runPass } from '../../server/runSteps.ts';
import { mobileNetV2, resNet50 } from './networks.ts';
import { cpuSeconds, median, print, verdict } from './print.ts';

const limits = { resnet50: 0.45, mobilenetv2: 0.15 };
const aimetSeconds = { resnet50: 18.8, mobilenetv2: 3.9 };

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
    for (const [name, graph] of [
      ['resnet50', resNet50()],
      ['mobilenetv2', mobileNetV2()],
    ] as const) {
      const path = join(folder, `${name}.onnx`);
      writeFileSync(path, encodeGraph(graph));
      const runs = Array.from({ length: 5 }, () =>
        Number(spawnSync(process.execPath, [__filename, path], { encoding: 'utf8' }).stdout),
      );
      const ours = median(runs);
      verdict(`${name}: open, fold, equalize, absorb`, ours, limits[name], 's CPU');
      const theirs = aimet(path) ?? aimetSeconds[name];
      print(`       ${(theirs / ours).toFixed(0)} times as fast as AIMET's ${theirs.toFixed(1)} s`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds of AIMET's equalize_model on the same file; undefined, and said so, where it is not installed. */
function aimet(path: string): number | undefined {
  const python = process.env['RANGEFINDER_AIMET_PYTHON'];
  if (python === undefined) {
    print('       AIMET beside ours: skipped (RANGEFINDER_AIMET_PYTHON is not set)');
    return undefined;
  }
  const code =
    'import sys, time, onnx; from aimet_onnx.cross_layer_equalization import equalize_model\n' +
    'm = onnx.load(sys.argv[1]); t = time.process_time(); equalize_model(m); print(time.process_time() - t)';
  const run = spawnSync(python, ['-c', code, path], { encoding: 'utf8' });
  return Number(run.stdout.trim().split('\n').at(-1));
}

const [path] = process.argv.slice(2);
if (path === undefined) main();
else void once(path);
