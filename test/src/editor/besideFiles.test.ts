import assert from 'node:assert/strict';
import type { DataChoice } from '../../../server/protocol/data.ts';
import type { TargetSettings } from '../../../server/protocol/target.ts';
import { BesideFiles, type FollowedModel } from '../../../src/editor/besideFiles.ts';
import type { UsualTarget } from '../../../src/editor/modelTargets.ts';
import { Refused } from '../../../src/server/answers.ts';
import { fileUri } from '../fileUri.ts';
import { modelState } from '../modelStates.ts';

const hardware = '/models/hw.json';
const targetOf = (weightBits: number, placement = hardware): TargetSettings => ({
  ...modelState().target,
  weightBits,
  placement,
});
const evaluation = { rows: [], samples: 4, source: 'x', isSynthetic: false } as const;

class Model implements FollowedModel {
  readonly uri = fileUri('/models/net.onnx');
  readonly name = 'net.onnx';
  readonly calls: unknown[] = [];
  state = modelState();
  readonly data;

  constructor(choice?: DataChoice) {
    const { calls } = this;
    this.data = {
      choice,
      choose(data: DataChoice | undefined) {
        calls.push(data ?? 'none');
        return Promise.resolve(true);
      },
      measure() {
        calls.push('measure');
        return Promise.resolve();
      },
    };
  }
  setTarget(target: TargetSettings): Promise<void> {
    this.calls.push(`W${target.weightBits} ${target.placement}`);
    return Promise.resolve();
  }
}

/** One open model, watched by hand. */
class Window {
  readonly watched = new Map<string, () => void>();
  readonly failed: string[] = [];
  usual: UsualTarget = { target: modelState().target, from: 'settings' };
  wished: DataChoice | undefined;
  named: string | undefined;
  /** What the settings file says once it is read again. */
  next: UsualTarget | undefined;
  read: TargetSettings | Error = targetOf(8);
  all: readonly Model[];
  readonly files: BesideFiles<Model>;

  constructor(readonly model: Model) {
    this.all = [model];
    const all = (): readonly Model[] => this.all;
    this.files = new BesideFiles<Model>({
      models: {
        get all() {
          return all();
        },
        onDidChange: () => ({ dispose: () => undefined }),
      },
      watch: (path, changed) => {
        this.watched.set(path, changed);
        return { dispose: () => this.watched.delete(path) };
      },
      wished: () => this.wished,
      openSamples: () => Promise.resolve(void model.calls.push('open')),
      namedTarget: () => this.named,
      usualTarget: () => this.usual,
      refreshSettings: () => Promise.resolve(void (this.usual = this.next ?? this.usual)),
      readTarget: () =>
        this.read instanceof Error ? Promise.reject(this.read) : Promise.resolve(this.read),
      fail: (_model, message) => this.failed.push(message),
    });
  }

  get paths(): string {
    return [...this.watched.keys()].join();
  }

  async change(path: string): Promise<void> {
    const changed = this.watched.get(path);
    assert.ok(changed, `${path} is watched`);
    changed();
    await new Promise((resolve) => setTimeout(resolve));
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('files beside an open model', () => {
  const samples = { path: '/data/a.npz', labels: '/data/labels.txt' };

  it('watches samples and labels as long as they are the choice, and the model is open', () => {
    const window = new Window(new Model(samples));
    window.files.follow();
    assert.equal(window.paths, '/data/a.npz,/data/labels.txt');
    window.model.data.choice = { path: 'synthetic:3' };
    window.files.follow();
    assert.equal(window.paths, '');
    window.model.data.choice = { path: '/data/b' };
    window.files.follow();
    assert.equal(window.paths, '/data/b');
    window.all = [];
    window.files.follow();
    assert.equal(window.paths, '');
  });

  it('opens samples again that changed, and measures again what was measured', async () => {
    const window = new Window(new Model(samples));
    window.files.follow();
    await window.change('/data/a.npz');
    assert.deepEqual(window.model.calls.splice(0), [samples]);
    window.model.state = modelState({ evaluation: evaluation as never });
    await window.change('/data/labels.txt');
    assert.deepEqual(window.model.calls, [samples, 'measure']);
  });

  it('opens samples that could not be opened before, once their file changed', async () => {
    const window = new Window(new Model());
    window.wished = { path: '/data/later.npz' };
    window.files.follow();
    await window.change('/data/later.npz');
    assert.deepEqual(window.model.calls, ['open']);
  });

  it('follows a quantsim configuration that was picked', async () => {
    const model = new Model();
    model.state = modelState({ target: targetOf(8) });
    const window = new Window(model);
    window.files.follow();
    await settled();
    window.read = targetOf(4);
    await window.change(hardware);
    assert.deepEqual(model.calls.splice(0), [`W4 ${hardware}`]);
    // What was chosen beside it stays; the file is read again all the same.
    model.state = modelState({ target: targetOf(6) });
    await window.change(hardware);
    assert.deepEqual(model.calls.splice(0), [`W6 ${hardware}`]);
    window.read = new Refused({ code: 'bad-target', message: 'hw.json:1:1: no.' });
    await window.change(hardware);
    assert.deepEqual([model.calls, window.failed], [[], ['hw.json:1:1: no.']]);
    assert.equal(window.paths, hardware, 'it is followed on');
  });

  it('leaves it to the settings file where the target is its own, and recomputes where that is the same', async () => {
    const model = new Model();
    model.state = modelState({ target: targetOf(8) });
    const window = new Window(model);
    window.usual = { target: targetOf(8), from: 'rangefinder.json' };
    window.named = hardware;
    window.files.follow();
    await settled();
    await window.change(hardware);
    assert.deepEqual(model.calls.splice(0), [`W8 ${hardware}`]);
    window.next = { target: targetOf(4), from: 'rangefinder.json' };
    await window.change(hardware);
    assert.deepEqual([model.calls, window.failed], [[], []]);
  });

  it('watches a configuration that the settings file names and that is wrong', async () => {
    const window = new Window(new Model());
    window.named = hardware;
    window.files.follow();
    window.next = { target: targetOf(4), from: 'rangefinder.json' };
    await window.change(hardware);
    assert.deepEqual([window.usual.target.weightBits, window.model.calls], [4, []]);
  });
});
