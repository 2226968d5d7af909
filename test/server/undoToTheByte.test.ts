import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { onnx } from 'onnx-proto';
import type { Graph } from '../../server/core/graph/graph.ts';
import type { ElementType, Tensor } from '../../server/core/graph/tensor.ts';
import { readFloats } from '../../server/core/graph/tensorValues.ts';
import { noJob } from '../../server/core/job.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { openDocument } from '../../server/formats/index.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { tensor } from '../kit/graphs.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { openedModel } from '../kit/openedModel.ts';

/** The network with its weights stored in another type; bounds stay as the operator wants them. */
function storedAs(type: ElementType): Graph {
  const graph = smallMobileNet();
  const tensors = [...graph.tensors].map(([name, one]) => [
    name,
    one.dims.length === 0 && type === 'float32'
      ? one
      : tensor(name, one.dims, readFloats(one), type),
  ]);
  const ends = (list: Graph['inputs']): Graph['inputs'] => list.map((one) => ({ ...one, type }));
  return {
    ...graph,
    inputs: ends(graph.inputs),
    outputs: ends(graph.outputs),
    tensors: new Map(tensors as [string, Tensor][]),
  };
}

/** Undo after saves brings back the very bytes, from the file that tensors are put away in. */
describe('undo to the byte', () => {
  const model = openedModel();
  /** Every byte of the file; its constants sorted, since one that comes back stands behind others. */
  const contents = (): readonly string[] => {
    const { graph, ...rest } = onnx.ModelProto.decode(readFileSync(model.path));
    const others = onnx.ModelProto.encode({ ...rest, graph: { ...graph, initializer: [] } });
    const constants = (graph?.initializer ?? []).map((one) => onnx.TensorProto.encode(one));
    const text = (writer: typeof others): string => Buffer.from(writer.finish()).toString('base64');
    return [text(others), ...constants.map(text).sort(), `${readFileSync(model.path).length}`];
  };

  for (const type of ['float32', 'float16', 'bfloat16'] as const) {
    it(`${type}: saved after each step, undone one by one, redone`, async () => {
      writeFileSync(model.path, encodeGraph(storedAs(type), []));
      const files = [contents()];
      let state = await model.open();
      const ids: number[] = [];
      for (const step of ['fold', 'equalize', 'absorb'] as const) {
        const applied = await model.apply(state, step);
        if (applied.changes.length === 0) continue;
        ids.push(...applied.changes.map(({ id }) => id));
        ({ state } = await model.client.ask(rpc.saveModel, model.on(applied.state)));
        files.push(contents());
      }
      assert.ok(files.length >= 3, `${files.length - 1} steps changed something`);
      assert.equal(new Set(files.map((one) => one.join())).size, files.length);
      assert.equal(ids.length, files.length - 1);
      const opened = await openDocument(model.path, noJob);
      assert.ok(opened.ok);
      const stored = new Set([...opened.value.graph.tensors.values()].map((one) => one.type));
      opened.value.dispose();
      assert.deepEqual(
        [...stored].filter((one) => one !== 'int64'),
        [type],
      );
      const goTo = async (count: number): Promise<void> => {
        const there = await model.setChanges(state, ids.slice(0, count));
        ({ state } = await model.client.ask(rpc.saveModel, model.on(there)));
        assert.deepEqual(contents(), files[count], `${count} of ${ids.length} steps`);
      };
      for (let count = ids.length - 1; count >= 0; count--) await goTo(count);
      for (let count = 1; count <= ids.length; count++) await goTo(count);
      await goTo(0);
    });
  }
});
