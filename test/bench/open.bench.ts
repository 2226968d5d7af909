/**
 * Opening, reporting and saving files of 10 MB to 2.2 GB, each in a fresh process, beside reading
 * the file's bytes once and a plain copy with the same fsync. RANGEFINDER_BENCH_MAX_MB leaves out
 * larger ones.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layersOf } from '../../server/core/graph/layer.ts';
import { withFloats, readFloats } from '../../server/core/graph/tensorValues.ts';
import { GraphDraft } from '../../server/core/graph/draft.ts';
import { wiringOf } from '../../server/core/graph/wiring.ts';
import { noJob } from '../../server/core/job.ts';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import { measureRanges } from '../../server/core/reports/weightStatistics.ts';
import { reportLayers } from '../../server/core/reports/weightReport.ts';
import { openDocument } from '../../server/formats/index.ts';
import { writeChain } from './bigModel.ts';
import { peakMegabytes, print, seconds, verdict } from './print.ts';

type Task = 'open' | 'report' | 'save';
interface Figures {
  readonly read: number;
  readonly work: number;
  readonly peak: number;
}

function readOnce(path: string): void {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(1 << 20);
  while (readSync(file, buffer) > 0);
  closeSync(file);
}

function copyAndSync(from: string, to: string): void {
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  fsyncSync(file);
  closeSync(file);
}

async function task(kind: Task, path: string): Promise<Figures> {
  const read = await seconds(() => readOnce(path));
  if (kind === 'save') {
    const opened = await openDocument(path, noJob);
    if (!opened.ok) throw new Error(opened.error.message);
    const [layer] = layersOf(opened.value.graph, wiringOf(opened.value.graph));
    if (!layer) throw new Error('no layer');
    const draft = new GraphDraft(opened.value.graph);
    draft.setTensor(
      layer.weight.name,
      withFloats(
        layer.weight,
        readFloats(layer.weight).map((v) => v * 2),
      ),
    );
    const graph = draft.close();
    // Disks are shared: the fastest of three, taken in turn.
    let copy = Infinity;
    let work = Infinity;
    for (let round = 0; round < 3; round++) {
      copy = Math.min(copy, await seconds(() => copyAndSync(path, `${path}.copy`)));
      rmSync(`${path}.copy`);
      const save = async (): Promise<void> => {
        const written = await opened.value.write(graph, `${path}.saved`, new Map(), noJob);
        if (!written.ok) throw new Error(written.error.message);
      };
      work = Math.min(work, await seconds(save));
      rmSync(`${path}.saved`);
    }
    return { read: copy, work, peak: peakMegabytes() };
  }
  const work = await seconds(async () => {
    const opened = await openDocument(path, noJob);
    if (!opened.ok) throw new Error(opened.error.message);
    const layers = layersOf(opened.value.graph, wiringOf(opened.value.graph));
    if (kind === 'open') for (const layer of layers) measureRanges(layer);
    else await reportLayers(layers, defaultTarget, noJob);
  });
  return { read, work, peak: peakMegabytes() };
}

function main(): void {
  const most = Number(process.env['RANGEFINDER_BENCH_MAX_MB'] ?? 2200);
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-bench-'));
  try {
    for (const size of [10, 100, 500, 2200].filter((mb) => mb <= most)) {
      const path = join(folder, `chain${size}.onnx`);
      writeChain(path, size * 1e6);
      readOnce(path);
      const gigabytes = statSync(path).size / 1e9;
      const run = (kind: Task): Figures => {
        const done = spawnSync(process.execPath, [__filename, kind, path], {
          encoding: 'utf8',
        });
        if (done.status !== 0) throw new Error(done.stderr);
        return JSON.parse(done.stdout) as Figures;
      };
      const open = run('open');
      verdict(`${size} MB: open to the first table`, open.work, 2 * open.read + 0.3, 's');
      verdict(`${size} MB: peak memory of opening`, open.peak, 250 + 20, 'MB');
      const report = run('report');
      verdict(`${size} MB: complete weight report`, report.work, 0.3 + 2 * gigabytes, 's');
      if (size > 500) continue;
      const save = run('save');
      verdict(`${size} MB: saving`, save.work, 2 * save.read, 's');
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [kind, path] = process.argv.slice(2);
if (kind === undefined || path === undefined) main();
else void task(kind as Task, path).then((figures) => print(JSON.stringify(figures)));
