import type { Memento, Uri } from 'vscode';
import type { ModelSettings } from '../../server/protocol/modelSettings.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';

/** A model as its target is followed. */
export interface TargetedModel {
  readonly uri: Uri;
  readonly state: ModelState | undefined;
  setTarget(target: TargetSettings): Promise<void>;
}

/** Where targets come from. */
export interface TargetParts {
  /** Lasts as long as the workspace. */
  readonly memory: Memento;
  /** That of the settings of the editor, for a file. */
  readonly settings: (model: Uri) => TargetSettings;
  /** The `rangefinder.json` of a model, which says nothing where the workspace is not trusted. */
  readonly read: (model: Uri) => Promise<Pick<ModelSettings, 'target'>>;
}

/** The target that a model has unless somebody chose another, and what says so. */
export interface UsualTarget {
  readonly target: TargetSettings;
  readonly from: 'rangefinder.json' | 'settings';
}

/**
 * The target of each model: the one that was chosen for it last, which is kept with the workspace, else
 * the one that its `rangefinder.json` names, else that of the settings. Bits of single layers are kept
 * beside it (`KeptLayers`).
 */
export class ModelTargets {
  readonly #usual = new Map<string, UsualTarget>();
  /** Chosen for a model before it was opened, and not changed since. */
  readonly #before = new Map<string, TargetSettings>();

  constructor(private readonly parts: TargetParts) {}

  /** The target to open a model with. */
  async of(model: Uri): Promise<TargetSettings> {
    const key = model.toString();
    this.#usual.set(key, this.#usualOf(model, await this.parts.read(model)));
    const kept = this.#kept(model);
    if (kept) this.#before.set(key, kept);
    else this.#before.delete(key);
    return kept ?? this.usual(model).target;
  }

  /** Where the target comes from that a model is shown for, if nobody chose it in this window. */
  from({ uri, state }: Pick<TargetedModel, 'uri' | 'state'>): ModelState['targetFrom'] {
    if (!state) return undefined;
    const { target, from } = this.usual(uri);
    if (isSameTarget(state.target, target)) return from === 'settings' ? undefined : from;
    const before = this.#before.get(uri.toString());
    return before && isSameTarget(state.target, before) ? 'kept' : undefined;
  }

  /** What a model goes back to when nothing is chosen for it. */
  usual(model: Uri): UsualTarget {
    return this.#usual.get(model.toString()) ?? this.#usualOf(model, {});
  }

  /** Keeps what a model is shown for, where somebody chose it. */
  async keep({ uri, state }: Pick<TargetedModel, 'uri' | 'state'>): Promise<void> {
    if (state?.kind !== 'float' || !this.#usual.has(uri.toString())) return;
    const key = uri.toString();
    const before = this.#before.get(key);
    if (before && !isSameTarget(state.target, before)) this.#before.delete(key);
    const isUsual = isSameTarget(state.target, this.usual(uri).target);
    const now = isUsual ? undefined : withoutLayers(state.target);
    if (JSON.stringify(now) === JSON.stringify(this.#kept(uri))) return;
    await this.parts.memory.update(keyOf(uri), now);
  }

  /** Obeys a `rangefinder.json` that changed, where nothing was chosen for the model. */
  async follow(model: TargetedModel, now: Pick<ModelSettings, 'target'>): Promise<void> {
    const { uri } = model;
    if (!this.#usual.has(uri.toString())) return;
    const next = this.#usualOf(uri, now);
    const last = this.usual(uri);
    // The same target from elsewhere is another thing to say of it.
    const isOther = next.from !== last.from || !isSameTarget(next.target, last.target);
    const isChosen = this.#kept(uri) !== undefined;
    this.#usual.set(uri.toString(), next);
    if (!model.state || !isOther || isChosen) return;
    const { exceptions } = model.state.target;
    await model.setTarget({ ...next.target, ...(exceptions ? { exceptions } : {}) });
  }

  #usualOf(model: Uri, { target }: Pick<ModelSettings, 'target'>): UsualTarget {
    return target
      ? { target: target.settings, from: 'rangefinder.json' }
      : { target: this.parts.settings(model), from: 'settings' };
  }

  #kept(model: Uri): TargetSettings | undefined {
    const kept: unknown = this.parts.memory.get(keyOf(model));
    if (typeof kept !== 'object' || kept === null) return undefined;
    // Of another version a field may be missing: the settings have it.
    return { ...this.parts.settings(model), ...kept };
  }
}

const keyOf = (model: Uri): string => `target:${model.toString()}`;

function withoutLayers(target: TargetSettings): Partial<TargetSettings> {
  const rest: { -readonly [K in keyof TargetSettings]?: TargetSettings[K] } = { ...target };
  delete rest.exceptions;
  return rest;
}

/** The same grid, whatever single layers have, and in whichever order it is written. */
export const isSameTarget = (one: TargetSettings, other: TargetSettings): boolean =>
  textOf(one) === textOf(other);

const textOf = (target: TargetSettings): string =>
  JSON.stringify(Object.entries(withoutLayers(target)).sort(([a], [b]) => (a < b ? -1 : 1)));
