/**
 * Opening a Keras `.h5` of 100 MB up to the first report, in a fresh process, beside reading the
 * file's bytes once: at most twice that and 0.5 s (the HDF5 library takes 0.1 s to start).
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layersOf } from '../../server/core/graph/layer.ts';
import { wiringOf } from '../../server/core/graph/wiring.ts';
import { noJob } from '../../server/core/job.ts';
import { measureRanges } from '../../server/core/reports/weightStatistics.ts';
import { openDocument } from '../../server/formats/index.ts';
import { loadHdf5 } from '../../server/formats/keras/containers/hdf5.ts';
import { peakMegabytes, print, seconds, verdict } from './print.ts';

const channels = 256;
/** Each layer has 256 x 256 x 9 floats, 2.4 MB. */
const layers = 43;

interface Figures {
  readonly read: number;
  readonly work: number;
  /** CPU seconds of all its threads. */
  readonly cpu: number;
  readonly peak: number;
}

async function writeChain(path: string): Promise<void> {
  const { library } = await loadHdf5();
  const file = new library.File(path, 'w');
  const names = Array.from({ length: layers }, (_, i) => `conv_${i}`);
  const input = { name: 'x', batch_input_shape: [null, 32, 32, channels] };
  const conv = { filters: channels, kernel_size: [3, 3], padding: 'same', activation: 'relu' };
  const config = {
    name: 'chain',
    layers: [
      { class_name: 'InputLayer', config: input },
      ...names.map((name) => ({
        class_name: 'Conv2D',
        config: { ...conv, name, use_bias: false },
      })),
    ],
  };
  file.create_attribute('keras_version', '2.15.0');
  file.create_attribute('model_config', JSON.stringify({ class_name: 'Sequential', config }));
  const root = file.create_group('model_weights');
  root.create_attribute('layer_names', names, [names.length]);
  const shape = [3, 3, channels, channels];
  const data = Float32Array.from({ length: 9 * channels * channels }, (_, i) =>
    Math.sin(1.7 * i + 0.3),
  );
  for (const name of names) {
    const group = root.create_group(name);
    group.create_attribute('weight_names', [`${name}/kernel:0`], [1]);
    group.create_group(name).create_dataset({ name: 'kernel:0', data, shape });
  }
  file.close();
}

function readOnce(path: string): void {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(1 << 20);
  while (readSync(file, buffer) > 0);
  closeSync(file);
}

/** What the first report needs: structure, and the range of every channel of every layer. */
async function open(path: string): Promise<Figures> {
  const read = await seconds(() => readOnce(path));
  const began = process.cpuUsage();
  const work = await seconds(async () => {
    const opened = await openDocument(path, noJob);
    if (!opened.ok) throw new Error(opened.error.message);
    const { graph } = opened.value;
    const found = layersOf(graph, wiringOf(graph));
    if (found.length !== layers) throw new Error(`${found.length} layers`);
    for (const layer of found) measureRanges(layer);
  });
  const { user, system } = process.cpuUsage(began);
  return { read, work, cpu: (user + system) / 1e6, peak: peakMegabytes() };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-bench-'));
  try {
    const path = join(folder, 'chain.h5');
    await writeChain(path);
    readOnce(path);
    const runs = Array.from({ length: 5 }, () => {
      const done = spawnSync(process.execPath, [__filename, path], { encoding: 'utf8' });
      if (done.status !== 0) throw new Error(done.stderr);
      return JSON.parse(done.stdout) as Figures;
    });
    // Machines are shared: the fastest of five, beside the bytes read in the same process.
    const [best] = runs.sort((a, b) => a.work - b.work);
    if (!best) return;
    verdict('100 MB .h5: open to the first report', best.work, 2 * best.read + 0.5, 's');
    print(`  CPU ${best.cpu.toFixed(3)} s, peak memory ${best.peak.toFixed(0)} MB`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [path] = process.argv.slice(2);
if (path === undefined) void main();
else void open(path).then((figures) => print(JSON.stringify(figures)));
