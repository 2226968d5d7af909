import assert from 'node:assert/strict';
import type { Comparison } from '../../../server/protocol/compare.ts';
import type { ModelState } from '../../../server/protocol/model.ts';
import type { OnModel, Rpc } from '../../../server/protocol/requests.ts';
import { ModelComparison } from '../../../src/editor/modelComparison.ts';
import type { OtherFile } from '../../../src/gitFiles.ts';
import { Refused, Stopped } from '../../../src/server/answers.ts';
import type { AskOptions } from '../../../src/server/server.ts';
import { modelState } from '../modelStates.ts';

/** A comparison whose server answers with `answers` in order, and the files that it lets go. */
function made(answers: (() => Comparison)[]): {
  readonly comparison: ModelComparison;
  readonly sent: unknown[];
  readonly gone: string[];
  state: ModelState;
  readonly other: (title: string, more?: Partial<OtherFile>) => OtherFile;
} {
  const sent: unknown[] = [];
  const gone: string[] = [];
  const own = { state: modelState() };
  const session = {
    look: <P extends OnModel, R>(
      _rpc: Rpc<P, R>,
      params: Omit<P, keyof OnModel>,
      options?: AskOptions,
    ): Promise<R> => {
      sent.push(params);
      return Promise.resolve().then(() => {
        if (options?.signal?.aborted) throw new Stopped();
        const answer = answers.shift();
        if (!answer) throw new Error('not asked for');
        return answer() as R;
      });
    },
  };
  const comparison = new ModelComparison(session, {
    name: 'net.onnx',
    state: () => own.state,
    run: (_title, ask, signal) => ask({ signal }),
  });
  const other = (title: string, more: Partial<OtherFile> = {}): OtherFile => ({
    title,
    path: `/tmp/x/${title}`,
    dispose: () => gone.push(title),
    ...more,
  });
  return Object.assign(own, { comparison, sent, gone, other });
}

const reply: Comparison = {
  uri: 'file:///net.onnx',
  revision: 1,
  sides: [
    { title: 'a', head: 'a', words: '' },
    { title: 'b', head: 'b', words: '' },
  ],
  figure: 'weights',
  layers: [],
  unmatched: { first: [], second: [] },
  words: '',
  notes: [],
};
const fault = (code: string, where: string) => (): never => {
  throw new Refused({ code, message: `/tmp/x/old.onnx: ${where} is missing.`, where });
};

describe('ModelComparison', () => {
  it('asks nothing of the server about states of the model itself', async () => {
    const { comparison, sent } = made([]);
    await comparison.choose(0, 'float');
    assert.deepEqual(sent, []);
    assert.deepEqual(comparison.view.sides, [
      { kind: 'float', title: 'Float' },
      { kind: 'now', title: 'Quantized, now' },
    ]);
  });

  it('asks what holds the layers back once the model is measured, and not of float', async () => {
    const own = made([() => reply]);
    const [row] = own.state.layers;
    assert.ok(row);
    const figures = { local: 1, weights: 1, activations: 1, soFar: 20 };
    const evaluation = { isStale: false } as NonNullable<ModelState['evaluation']>;
    own.state = modelState({ evaluation, layers: [{ ...row, data: { now: figures } }] });
    assert.equal(own.comparison.view.isStale, true, 'for who looks at it');
    await own.comparison.again();
    assert.deepEqual(own.sent, [{ sides: [{ kind: 'opened' }, { kind: 'now' }] }]);
    assert.equal(own.comparison.view.isStale, false);
    await own.comparison.choose(1, 'float');
    assert.equal(own.sent.length, 1);
    assert.equal(own.comparison.view.isStale, false);
  });

  it('asks about another file, keeps the answer, and lets files go that are replaced', async () => {
    const { comparison, sent, gone, other } = made([() => reply, () => reply]);
    await comparison.compare([other('old.onnx'), 'now']);
    const sides = [{ kind: 'other', path: '/tmp/x/old.onnx', title: 'old.onnx' }, { kind: 'now' }];
    assert.deepEqual(sent, [{ sides }]);
    assert.equal(comparison.view.result, reply);
    assert.deepEqual(gone, []);
    await comparison.choose(0, other('new.onnx'));
    assert.deepEqual(gone, ['old.onnx']);
    comparison.dispose();
    assert.deepEqual(gone, ['old.onnx', 'new.onnx']);
  });

  it('is stale once the model is another, until it is asked again', async () => {
    const own = made([() => reply, () => reply]);
    await own.comparison.compare([own.other('old.onnx'), 'now']);
    assert.equal(own.comparison.view.isStale, false);
    own.state = modelState({ revision: 9 });
    assert.equal(own.comparison.view.isStale, true);
    await own.comparison.again();
    assert.equal(own.comparison.view.isStale, false);
  });

  it('is stale once the other file is another, and follows only files that are compared', async () => {
    const { comparison, sent, other } = made([() => reply, () => reply, () => reply]);
    const watched = new Map<string, () => void>();
    const watch = (title: string) => (changed: () => void) => {
      watched.set(title, changed);
      return { dispose: () => watched.delete(title) };
    };
    await comparison.compare([other('old.onnx', { watch: watch('old.onnx') }), 'now']);
    assert.equal(comparison.view.isStale, false);
    let told = 0;
    comparison.onDidChange(() => told++);
    watched.get('old.onnx')?.();
    assert.equal(comparison.view.isStale, true);
    assert.equal(told, 1, 'who looks at it is told');
    assert.equal(comparison.view.result, reply, 'it is said until there is another answer');
    await comparison.again();
    assert.equal(comparison.view.isStale, false);
    assert.equal(sent.length, 2);
    await comparison.choose(0, other('new.onnx', { watch: watch('new.onnx') }));
    assert.deepEqual([...watched.keys()], ['new.onnx']);
    comparison.dispose();
    assert.deepEqual([...watched.keys()], []);
  });

  it('brings files beside a revision as the server misses them', async () => {
    const fetched: string[] = [];
    const fetch = (location: string): Promise<boolean> =>
      Promise.resolve(fetched.push(location) < 3);
    const { comparison, other } = made([
      fault('external-data-missing', 'a.bin'),
      fault('shard-missing', 'b.bin'),
      () => reply,
    ]);
    await comparison.compare([other('old.onnx', { fetch }), 'now']);
    assert.deepEqual(fetched, ['a.bin', 'b.bin']);
    assert.equal(comparison.view.result, reply);
  });

  it('says of what git has not that it has it not, and names the revision', async () => {
    const fetch = (): Promise<boolean> => Promise.resolve(false);
    const { comparison, other } = made([fault('external-data-missing', 'a.bin')]);
    await comparison.compare([other('old.onnx', { fetch }), 'now']);
    assert.equal(comparison.view.fault?.message, 'old.onnx: a.bin is missing.');
    assert.match(comparison.view.fault.remedy ?? '', /^Git has not that file at this revision/);
  });

  it('follows the last wish only, and says that it was stopped', async () => {
    const { comparison, other } = made([() => ({ ...reply, words: 'second' })]);
    const first = comparison.compare([other('old.onnx'), 'now']);
    const second = comparison.compare([other('new.onnx'), 'now']);
    await Promise.all([first, second]);
    assert.equal(comparison.view.result?.words, 'second');
    const stopped = made([
      () => {
        throw new Stopped();
      },
    ]);
    await stopped.comparison.compare([stopped.other('old.onnx'), 'now']);
    assert.equal(stopped.comparison.view.fault?.code, 'stopped');
  });
});
