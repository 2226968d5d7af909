import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { onnx } from 'onnx-proto';
import { checkGraph } from '../../../../server/core/graph/check.ts';
import { GraphDraft } from '../../../../server/core/graph/draft.ts';
import type { Attribute, Graph } from '../../../../server/core/graph/graph.ts';
import { readFloats, withFloats } from '../../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../../server/core/job.ts';
import { encodeGraph } from '../../../../server/formats/onnx/encode.ts';
import { ModelFolder, realModels, runModel, written } from '../../../kit/onnxFiles.ts';

/** Doubles every float tensor, gives the first Conv a new name, adds an Identity and a constant. */
function manyEdits(graph: Graph): Graph {
  const draft = new GraphDraft(graph);
  for (const tensor of graph.tensors.values()) {
    if (tensor.type !== 'float32' || tensor.dims.length < 2) continue;
    draft.setTensor(
      tensor.name,
      withFloats(
        tensor,
        readFloats(tensor).map((x) => x * 0.5),
      ),
    );
  }
  const [first] = graph.nodes;
  assert.ok(first);
  const input = first.inputs[0] ?? '';
  draft.setNode({ ...first, inputs: ['rangefinder/in', ...first.inputs.slice(1)] });
  const added = {
    ...first,
    name: '',
    op: 'Identity',
    domain: '',
    attributes: new Map<string, Attribute>(),
  };
  draft.insertNode({ ...added, inputs: [input], outputs: ['rangefinder/in'] }, first.id);
  return draft.close();
}

describe('real ONNX models', () => {
  const models = realModels();
  const folder = new ModelFolder();
  after(() => folder.remove());
  if (!models) {
    it('are not here', function () {
      this.skip();
    });
    return;
  }

  for (const model of models) {
    describe(path.basename(model), () => {
      it('reads as an independent parser does', async () => {
        const { graph } = await folder.open(model);
        assert.deepEqual(checkGraph(graph), []);
        const parsed = onnx.ModelProto.decode(fs.readFileSync(model)).graph;
        assert.ok(parsed);
        const nodes = parsed.node?.filter((node) => node.opType !== 'Constant') ?? [];
        assert.equal(graph.nodes.length, nodes.length);
        for (const [i, node] of nodes.entries()) {
          const ours = graph.nodes[i];
          assert.ok(ours);
          assert.deepEqual(
            [ours.name, ours.op, ours.domain],
            [node.name, node.opType, node.domain],
          );
          assert.deepEqual([ours.inputs, ours.outputs], [node.input, node.output]);
          assert.deepEqual(
            [...ours.attributes.keys()],
            node.attribute?.map(({ name }) => name),
          );
          for (const theirs of node.attribute ?? []) {
            const attribute = ours.attributes.get(theirs.name ?? '');
            if (attribute?.kind === 'int') assert.equal(attribute.value, Number(theirs.i));
            if (attribute?.kind === 'float') assert.equal(attribute.value, theirs.f);
            if (attribute?.kind === 'ints') {
              assert.deepEqual(attribute.value, theirs.ints?.map(Number));
            }
          }
        }
        for (const theirs of parsed.initializer ?? []) {
          const ours = graph.tensors.get(theirs.name ?? '');
          assert.ok(ours);
          assert.deepEqual(ours.dims, theirs.dims?.map(Number));
          if (theirs.rawData?.length) {
            assert.deepEqual(Buffer.from(ours.data.read()), Buffer.from(theirs.rawData));
          }
        }
      });

      it('is saved byte for byte when nothing changed', async () => {
        const document = await folder.open(model);
        const target = folder.at('same.onnx');
        await written(folder, document.write(document.graph, target, new Map(), noJob));
        assert.ok(fs.readFileSync(target).equals(fs.readFileSync(model)));
      });

      it('gives the same outputs in whole, as a skeleton and from the file', async () => {
        const document = await folder.open(model);
        const outputs = await runModel(model);
        const encoded = document.encode(document.graph, []);
        assert.deepEqual(await runModel(encoded), outputs);
        assert.deepEqual(await runModel(encodeGraph(document.graph)), outputs);
      });

      it('runs after edits, saved or not, and comes back when they are undone', async () => {
        const target = folder.file(fs.readFileSync(model));
        const document = await folder.open(target);
        const inMemory = new Map(document.graph.tensors);
        for (const [name, tensor] of inMemory) {
          if (tensor.type === 'float32') inMemory.set(name, withFloats(tensor, readFloats(tensor)));
        }
        const edited = manyEdits(document.graph);
        const outputs = await runModel(encodeGraph(edited));
        assert.deepEqual(await runModel(document.encode(edited, [])), outputs);
        const saved = await written(folder, document.write(edited, target, new Map(), noJob));
        assert.deepEqual(await runModel(target), outputs);
        assert.deepEqual(await runModel(saved.encode(saved.graph, [])), outputs);
        const undone = { ...document.graph, tensors: new Map(saved.graph.tensors) };
        for (const [name, tensor] of inMemory) {
          if (tensor.type === 'float32') undone.tensors.set(name, tensor);
        }
        await written(folder, saved.write(undone, target, new Map(), noJob));
        assert.deepEqual(await runModel(target), await runModel(model));
      });
    });
  }
});
