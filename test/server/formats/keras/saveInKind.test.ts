import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { applyEdits, invertAll } from '../../../../server/core/graph/edits.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { MemoryData, type Tensor } from '../../../../server/core/graph/tensor.ts';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import type { ModelDocument } from '../../../../server/formats/format.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { modelsFolder } from '../../../kit/golden.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, randomFeeds, runGraph } from '../../../kit/run.ts';

/** Float32 through a deep network: the issue's tolerance for folding. */
const tolerance = { relative: 1e-4, absolute: 0 };
const noNotes = new Map<string, string>();

const models = [
  'mlperf-resnet8-cifar10/pretrainedResnet.h5',
  'mini-xception-fer2013/fer2013_mini_XCEPTION.102-0.66.hdf5',
  'mobilenetv1-025-224-keras/mobilenet_v1_0.25_224.h5',
  'fashion-mnist-cnn/fashion_mnist_model.keras',
  'darknet-tiny/model.json',
  'teachable-mobilenetv2/model.json',
];

describe('Keras models are saved as what they are', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of models) {
    const original = join(modelsFolder, name);
    const isThere = existsSync(original);
    const copyOf = (tag: string): string => {
      const own = join(folder, `${name.replaceAll('/', '-')}-${tag}`);
      cpSync(dirname(original), own, {
        recursive: true,
        filter: (file) => !file.includes('golden') && !file.includes('tfjs-graph'),
      });
      chmodSync(own, 0o755);
      for (const file of readdirSync(own)) chmodSync(join(own, file), 0o644);
      return join(own, name.split('/').at(-1) ?? '');
    };

    it(`${name}: without edits, byte for byte`, async function () {
      if (!isThere) this.skip();
      const document = await open(original);
      const target = join(folder, name);
      const isShard = (file: string): boolean => /shard|weights\.bin/.test(file);
      mkdirSync(dirname(target), { recursive: true });
      const written = await document.write(document.graph, target, noNotes, noJob);
      assert.ok(written.ok);
      assert.deepEqual(readFileSync(target), readFileSync(original));
      for (const file of readdirSync(dirname(original)).filter(isShard)) {
        const read = (at: string): Buffer => readFileSync(join(dirname(at), file));
        assert.deepEqual(read(target), read(original), file);
      }
      written.value.dispose();
      document.dispose();
    });

    it(`${name}: folded, saved over itself, undone, saved again`, async function () {
      if (!isThere) this.skip();
      const document = await open(copyOf('own'));
      const feeds = randomFeeds(document.graph, new Random(7), 1);
      const expected = await runGraph(document.graph, feeds);
      const { graph: folded, edits } = await foldBatchNorm.run(
        document.graph,
        foldBatchNorm.defaults,
        noJob,
      );
      const undo = invertAll(edits).map((edit) =>
        edit.kind === 'setTensor' && edit.after ? { ...edit, after: inMemory(edit.after) } : edit,
      );
      const saved = await write(document, folded, document.path);
      await same(saved.graph, feeds, expected);
      assert.deepEqual(
        saved.issues.filter(({ code }) => code === 'stale-statistics'),
        [],
      );
      assert.ok(
        (await write(saved, saved.graph, saved.path)) === saved,
        'nothing is left to write',
      );
      const again = await open(saved.path);
      await same(again.graph, feeds, expected);
      assert.equal(again.graph.nodes.length, folded.nodes.length);
      assert.equal(again.graph.statistics.size, folded.statistics.size);
      again.dispose();

      const now = rebased(undo, saved.graph);
      const undone = await write(saved, now, saved.path);
      const last = await open(undone.path);
      assert.equal(last.graph.nodes.length, document.graph.nodes.length);
      await same(last.graph, feeds, expected);
      last.dispose();
      undone.dispose();
    });
  }
});

async function open(path: string): Promise<ModelDocument> {
  const opened = await openDocument(path, noJob);
  if (!opened.ok) assert.fail(opened.error.message);
  return opened.value;
}

async function write(document: ModelDocument, graph: Graph, path: string): Promise<ModelDocument> {
  const written = await document.write(graph, path, noNotes, noJob);
  if (!written.ok) assert.fail(written.error.message);
  return written.value;
}

async function same(
  graph: Graph,
  feeds: Parameters<typeof runGraph>[1],
  expected: Awaited<ReturnType<typeof runGraph>>,
): Promise<void> {
  const results = [...(await runGraph(graph, feeds)).values()];
  for (const [i, [name, { values }]] of [...expected].entries()) {
    closeTo(results[i]?.values ?? [], values, tolerance, name);
  }
}

const inMemory = (tensor: Tensor): Tensor => ({
  ...tensor,
  data: new MemoryData(tensor.data.read().slice()),
});

/** Undo whose edits replace the tensors and nodes that the graph has now. */
function rebased(undo: ReturnType<typeof invertAll>, graph: Graph): Graph {
  const tensors = new Map(graph.tensors);
  const edits = undo.map((edit) => {
    if (edit.kind !== 'setTensor') return edit;
    const before = tensors.get(edit.name);
    if (edit.after) tensors.set(edit.name, edit.after);
    else tensors.delete(edit.name);
    return { ...edit, before };
  });
  return applyEdits(graph, edits);
}
