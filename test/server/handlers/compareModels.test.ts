import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CancellationTokenSource } from 'vscode-languageserver/node';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { encodeGraph } from '../../../server/formats/onnx/encode.ts';
import {
  compareModels,
  type CompareSide,
  type Comparison,
  type OwnSide,
} from '../../../server/protocol/compare.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import * as rpc from '../../../server/protocol/requests.ts';
import { fromWire } from '../../../server/protocol/wire.ts';
import { channelsLast } from '../../kit/channelsFirst.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { openedModel } from '../../kit/openedModel.ts';

describe('comparing with another model', () => {
  const model = openedModel();
  const names = ['conv1', 'dw', 'pw', 'fc'];
  const write = (name: string, bytes: Uint8Array | string): CompareSide => {
    const path = join(model.folder, name);
    writeFileSync(path, bytes);
    return { kind: 'other', path, title: name };
  };
  const written = (name: string, graph: Graph): CompareSide => write(name, encodeGraph(graph, []));
  const own = (kind: OwnSide): CompareSide => ({ kind });
  const compare = (state: ModelState, ...sides: [CompareSide, CompareSide]): Promise<Comparison> =>
    model.client.ask(compareModels, { ...model.on(state), sides });
  const measured = async (state: ModelState): Promise<ModelState> => {
    const data = { path: 'synthetic:1' };
    const chosen = await model.see(rpc.chooseData, { ...model.on(state), data });
    return model.see(rpc.measureModel, { ...model.on(chosen), sensitivity: false });
  };
  const figures = ({ layers }: Comparison, side: 'first' | 'second'): unknown[] =>
    layers.map((layer) => layer[side]);

  it('compares by weights without samples: a copy is the same', async () => {
    const state = await model.open();
    const found = await compare(state, write('copy.onnx', model.original), own('now'));
    assert.equal(found.figure, 'weights');
    assert.deepEqual(
      found.layers.map(({ name, match, apart, layer }) => [name, match, apart, typeof layer]),
      names.map((name) => [name, 'name', 'inf', 'number']),
    );
    assert.deepEqual(figures(found, 'first'), figures(found, 'second'));
    assert.deepEqual(
      found.layers.map(({ layer }) => state.layers.find(({ id }) => id === layer)?.name),
      names,
    );
    assert.match(found.words, / · 4 of 4 layers matched: 4 by name$/);
    assert.match(found.notes.join(), /copy\.onnx is rounded for the same target, W8 A8/);
  });

  it('heads a revision by its name, and a file whatever it is called by all of it', async () => {
    const state = await model.open();
    const file = write('net at home.onnx', model.original);
    const other = write('then.onnx', model.original);
    const title = 'net.onnx at 3f2a1bc (Fold)';
    const revision = { ...other, title, revision: '3f2a1bc' } as CompareSide;
    const { sides } = await compare(state, file, revision);
    assert.deepEqual(
      sides.map(({ head }) => head),
      ['net at home.onnx', '3f2a1bc'],
    );
  });

  it('says where equalizing has left factors of channels, and nothing else', async () => {
    const { state } = await model.apply(await model.open(), 'equalize');
    const found = await compare(state, write('copy.onnx', model.original), own('now'));
    const rescaled = found.layers.filter(({ isRescaled }) => isRescaled === true);
    const others = found.layers.filter(({ isRescaled }) => isRescaled === undefined);
    assert.ok(rescaled.length >= 2);
    assert.ok(rescaled.every(({ apart }) => fromWire(apart) < 60));
    assert.ok(others.every(({ apart }) => apart === 'inf'));
  });

  it('finds layers of other names by their weights, and lists those without a twin', async () => {
    const graph = smallMobileNet();
    const nodes = graph.nodes.map((one) => ({ ...one, name: `renamed/${one.name}` }));
    const found = await compare(
      await model.open(),
      own('opened'),
      written('named.onnx', { ...graph, nodes }),
    );
    assert.deepEqual(
      found.layers.map(({ otherName, match }) => [otherName, match]),
      names.map((name) => [`renamed/${name}`, 'weights']),
    );
    assert.ok(found.layers.every(({ apart }) => apart === 'inf'));
    const shorter = graphOf({
      inputs: { x: [1, 5] },
      outputs: ['y'],
      nodes: [node('Gemm', ['x', 'w'], ['y'], {}, 'alone')],
      tensors: [tensor('w', [5, 3], 0.5)],
    });
    const nothing = await compare(await model.open(), own('now'), written('other.onnx', shorter));
    assert.deepEqual(nothing.layers, []);
    assert.deepEqual(nothing.unmatched, { first: names, second: ['alone'] });
    assert.match(
      nothing.words,
      /^net\.onnx has 4 layers, other\.onnx 1, and none is the same\. Tried were weights/,
    );
  });

  it('measures the other on the same samples: a copy is what the model was as opened', async () => {
    const { state } = await model.apply(await measured(await model.open()), 'equalize');
    const now = await model.see(rpc.measureModel, { ...model.on(state), sensitivity: false });
    const copy = write('copy.onnx', model.original);
    const found = await compare(now, copy, own('now'));
    assert.equal(found.figure, 'soFar');
    for (const row of found.layers) {
      const data = now.layers.find(({ id }) => id === row.layer)?.data;
      assert.equal(row.first, data?.before?.soFar, `${row.name}, of the copy`);
      assert.equal(row.second, data?.now.soFar, `${row.name}, now`);
    }
    assert.match(found.words, / on 4 synthetic inputs · 4 of 4 layers/);
    assert.match(found.sides[0].words, /^same answer as float .* SQNR .* dB$/);
    const against = await compare(now, own('float'), copy);
    assert.deepEqual(figures(against, 'first'), ['inf', 'inf', 'inf', 'inf']);
    assert.deepEqual(figures(against, 'second'), figures(found, 'first'));
  });

  it('tells weights from activations: each as if the other were float', async () => {
    const { state } = await model.apply(await measured(await model.open()), 'equalize');
    const now = await model.see(rpc.measureModel, { ...model.on(state), sensitivity: false });
    const found = await compare(now, own('opened'), own('now'));
    const target = { ...now.target, activationBits: 'float' } as const;
    const coarse = await model.see(rpc.setTarget, { ...model.on(now), target });
    const weightsOnly = await model.see(rpc.measureModel, {
      ...model.on(coarse),
      sensitivity: false,
    });
    assert.equal(found.layers.length, 4);
    for (const { name, second, weights, activations } of found.layers) {
      const row = weightsOnly.layers.find((layer) => layer.name === name);
      const [whole, constants, values, expected] = [
        second,
        weights,
        activations,
        row?.data?.now.soFar,
      ].map((db) => fromWire(db ?? 'nan'));
      // A layer before an activation is judged behind it where that is rounded: half of it is gone.
      // The last one is not; biases and the caps of ReLU6 are rounded with activations only.
      const tolerance = name === 'fc' ? 0.1 : 3;
      assert.ok(Math.abs(Number(constants) - Number(expected)) < tolerance, name);
      assert.ok(Number(whole) < Number(constants) + 3 && Number(whole) < Number(values) + 3, name);
    }
  });

  it('holds a quantized model against the float network, and says which target it has', async () => {
    const state = await measured(await model.open());
    const to = join(model.folder, 'twin.onnx');
    const what = { kind: 'qdq' } as const;
    const params = { ...model.on(state), to: pathToFileURL(to).href, what };
    await model.client.ask(rpc.exportResult, params);
    const twin: CompareSide = { kind: 'other', path: to, title: 'twin.onnx' };
    const found = await compare(state, own('now'), twin);
    assert.equal(found.figure, 'soFar');
    assert.match(found.notes.join(), /twin\.onnx is quantized for the same target, W8 A8/);
    for (const { name, first, second } of found.layers) {
      // Its own output is not rounded in what is compared of the file: some dB at most.
      const apart = fromWire(second ?? 'nan') - fromWire(first ?? 'nan');
      assert.ok(Math.abs(apart) < 6, `${name}: ${String(first)} ${String(second)}`);
    }
    const coarse = { ...state.target, weightBits: 4 };
    const other = await model.see(rpc.setTarget, { ...model.on(state), target: coarse });
    const unlike = await compare(other, own('opened'), twin);
    assert.match(
      unlike.notes.join(),
      /for another target than the chosen W4 A8.*: 8 instead of 4 bits/,
    );
  });

  it('compares a quantized model that is open with the float model beside it', async () => {
    const state = await measured(await model.open());
    const to = join(model.folder, 'twin.onnx');
    const uri = pathToFileURL(to).href;
    const what = { kind: 'qdq' } as const;
    await model.client.ask(rpc.exportResult, { ...model.on(state), to: uri, what });
    const twin = await model.see(rpc.openModel, { uri, target: state.target });
    const sides: [CompareSide, CompareSide] = [write('float.onnx', model.original), own('now')];
    const found = await model.client.ask(compareModels, { uri, revision: twin.revision, sides });
    assert.equal(found.figure, 'apart');
    assert.deepEqual(
      found.sides.map(({ head }) => head),
      ['float.onnx', 'twin.onnx'],
    );
    for (const { name, first, second, apart } of found.layers) {
      // Only what the file lost is said, not what the target would cost its float model.
      assert.deepEqual([first, second], [undefined, undefined], name);
      assert.ok(fromWire(apart) > 20 && fromWire(apart) < 80, name);
    }
    assert.match(found.notes.join(' '), /same target, W8 A8 .* open the float model and compare/);
    const refusal = await model.client.refused(compareModels, {
      uri,
      revision: twin.revision,
      sides: [own('float'), own('now')],
    });
    assert.equal(refusal.code, 'quantized');
  });

  it('refuses what is no model with its fault, and stays as it was', async () => {
    const state = await model.open();
    const refused = async (side: CompareSide): Promise<string> => {
      const sides = [side, own('now')] as const;
      const fault = await model.client.refused(compareModels, { ...model.on(state), sides });
      return fault.code;
    };
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n';
    assert.equal(await refused(write('lfs.onnx', pointer)), 'git-lfs-pointer');
    assert.equal(await refused(write('cut.onnx', model.original.subarray(0, 900))), 'truncated');
    const missing: CompareSide = { kind: 'other', path: join(model.folder, 'no.onnx'), title: '' };
    assert.equal(await refused(missing), 'not-found');
    const stranger = await model.client.refused(compareModels, {
      ...model.on(state),
      sides: [write('old.onnx', 'no model'), own('now')],
    });
    assert.deepEqual(
      [stranger.code, stranger.remedy],
      ['not-onnx', 'Choose another file, or another revision.'],
    );
    assert.equal((await compare(state, own('opened'), own('now'))).layers.length, 4);
  });

  it('runs one with channels last on the same samples, transposed', async () => {
    const state = await measured(await model.open());
    const other = written('last.onnx', channelsLast(smallMobileNet()));
    const found = await compare(state, own('now'), other);
    assert.equal(found.figure, 'soFar');
    assert.deepEqual(figures(found, 'first'), figures(found, 'second'));
    assert.match(
      found.notes.join(' '),
      /last\.onnx: Samples for "\w+", \[.*\], are transposed to channels last for the other/,
    );
  });

  it('compares by weights what cannot take the same samples, and says why', async () => {
    const state = await measured(await model.open());
    const graph = smallMobileNet();
    const inputs = graph.inputs.map((input) => ({ ...input, shape: [1, 3, 99, 99] }));
    const found = await compare(state, own('now'), written('wide.onnx', { ...graph, inputs }));
    assert.equal(found.figure, 'weights');
    assert.match(
      found.notes[0] ?? '',
      /^wide\.onnx cannot take the samples of net\.onnx: .* is \[/,
    );
  });

  it('stops when it is told to, and nothing has changed', async () => {
    const state = await measured(await model.open());
    const stop = new CancellationTokenSource();
    const sides = [write('copy.onnx', model.original), own('now')] as const;
    const asked = model.client.ask(compareModels, { ...model.on(state), sides }, stop.token);
    stop.cancel();
    await assert.rejects(asked, /stopped/);
    const found = await compare(state, ...sides);
    assert.equal(found.revision, state.revision);
  });
});
