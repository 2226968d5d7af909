import type { DataChoice } from '../../server/protocol/data.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import type { Disposable } from '../disposables.ts';
import { toFault, toSentence } from '../server/answers.ts';
import type { SampledModel } from './besideSamples.ts';
import { isSameTarget, type TargetedModel, type UsualTarget } from './modelTargets.ts';

/** A model as the files that its figures come from are followed. */
export interface FollowedModel extends SampledModel, TargetedModel {
  readonly name: string;
}

/** What following files beside models needs of the extension. */
export interface BesideFilesParts<M extends FollowedModel> {
  readonly models: {
    readonly all: readonly M[];
    onDidChange(listener: () => void): Disposable;
  };
  /** Calls back a moment after a file, or something in a folder, changed on disk. */
  readonly watch: (path: string, changed: () => void) => Disposable;
  /** The samples that a model would have, also where they could not be opened. */
  readonly wished: (model: M) => DataChoice | undefined;
  readonly openSamples: (model: M) => Promise<void>;
  /** The quantsim configuration that its `rangefinder.json` names, also where it is wrong. */
  readonly namedTarget: (model: M) => string | undefined;
  readonly usualTarget: (model: M) => UsualTarget;
  /** Reads the settings files of all models again: what they name may be right or wrong now. */
  readonly refreshSettings: () => Promise<void>;
  readonly readTarget: (path: string) => Promise<TargetSettings>;
  readonly fail: (model: M, message: string) => void;
}

/** The files of one model: paths that are watched, and what the configuration said when it was read. */
interface Followed {
  readonly samples: Watch;
  readonly targets: Watch;
  read: TargetSettings | undefined;
}

/** Watched paths and their watchers. */
interface Watch {
  key: string;
  watchers: readonly Disposable[];
}

/**
 * The samples, labels and quantsim configurations of open models: when one changes on disk it is read
 * again without a word, and what was measured is measured again, as after a change of
 * `rangefinder.json`. The model's own files are followed by its editor, which may have to ask.
 */
export class BesideFiles<M extends FollowedModel> implements Disposable {
  readonly #followed = new Map<M, Followed>();
  readonly #following: Disposable;

  constructor(private readonly parts: BesideFilesParts<M>) {
    this.#following = parts.models.onDidChange(() => this.follow());
  }

  /** Takes in which models are open, and which files they have now. */
  follow(): void {
    const { models, wished, namedTarget } = this.parts;
    const open = new Set(models.all);
    for (const model of [...this.#followed.keys()]) if (!open.has(model)) this.#forget(model);
    for (const model of open) {
      if (!model.state) continue;
      const followed = this.#followed.get(model) ?? {
        samples: { key: '', watchers: [] },
        targets: { key: '', watchers: [] },
        read: undefined,
      };
      this.#followed.set(model, followed);
      const { path, labels } = model.data.choice ?? wished(model) ?? {};
      const files = [path, labels].filter((one) => one !== undefined && !isSynthetic(one));
      this.#watch(followed.samples, files, () => this.#readSamples(model));
      const { placement } = model.state.target;
      const isOther = this.#watch(
        followed.targets,
        [isPath(placement) ? placement : undefined, namedTarget(model)],
        () => this.#readTarget(model),
      );
      if (isOther && isPath(placement)) void this.#remember(followed, placement);
    }
  }

  dispose(): void {
    this.#following.dispose();
    for (const model of [...this.#followed.keys()]) this.#forget(model);
  }

  /** Watches these paths and no others; true where they are others than before. */
  #watch(
    watch: Watch,
    paths: readonly (string | undefined)[],
    changed: () => Promise<void>,
  ): boolean {
    const all = [...new Set(paths.filter((path) => path !== undefined))];
    const key = all.join('\n');
    if (key === watch.key) return false;
    release(watch);
    watch.key = key;
    watch.watchers = all.map((path) => this.parts.watch(path, () => void changed()));
    return true;
  }

  /** What a configuration says, to know later whether the target is still just that. */
  async #remember(followed: Followed, path: string): Promise<void> {
    followed.read = await this.parts.readTarget(path).catch(() => undefined);
  }

  async #readSamples(model: M): Promise<void> {
    const { choice } = model.data;
    if (!choice) return this.parts.openSamples(model);
    const wasMeasured = model.state?.evaluation !== undefined;
    if ((await model.data.choose(choice)) && wasMeasured) await model.data.measure(false);
  }

  async #readTarget(model: M): Promise<void> {
    const { usualTarget, refreshSettings, readTarget, fail } = this.parts;
    const { target } = model.state ?? {};
    const before = usualTarget(model).target;
    await refreshSettings();
    const isUsual = target !== undefined && isSameTarget(target, before);
    // It is the settings file's, and follows it.
    if (isUsual && !isSameTarget(before, usualTarget(model).target)) return;
    const followed = this.#followed.get(model);
    if (!target || !followed || !isPath(target.placement)) return;
    try {
      const read = await readTarget(target.placement);
      const isJustThat = followed.read !== undefined && isSameTarget(target, followed.read);
      followed.read = read;
      const { exceptions } = target;
      const next = isJustThat ? { ...read, ...(exceptions ? { exceptions } : {}) } : target;
      await model.setTarget(next);
    } catch (thrown) {
      fail(model, toSentence(toFault(thrown)));
    }
  }

  #forget(model: M): void {
    const followed = this.#followed.get(model);
    this.#followed.delete(model);
    if (followed) for (const watch of [followed.samples, followed.targets]) release(watch);
  }
}

function release(watch: Watch): void {
  for (const watcher of watch.watchers) watcher.dispose();
  watch.watchers = [];
}

const isSynthetic = (path: string): boolean => /^synthetic(:|$)/.test(path);

/** Built-in placements are single words; a path has a separator. */
const isPath = (placement: string): boolean => /[\\/]/.test(placement);
