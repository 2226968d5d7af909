import type { ModelState } from '../../server/protocol/model.ts';

/** A model as far as it has a state. */
interface Stateful {
  readonly state: ModelState | undefined;
}

/** The states of models without what a preview would change. */
export class AppliedStates {
  readonly #last = new WeakMap<Stateful, ModelState>();

  /**
   * The model as it is: while it shows a preview, as it was before that. Nothing where that was
   * never looked at, or the model is not read.
   */
  of(model: Stateful): ModelState | undefined {
    const { state } = model;
    if (state?.preview) return this.#last.get(model);
    if (state) this.#last.set(model, state);
    else this.#last.delete(model);
    return state;
  }
}
