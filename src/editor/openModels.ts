import type { Uri } from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.ts';
import { Emitter } from '../emitter.ts';
import type { ModelDocument } from './modelDocument.ts';

/** The models that are open, and which of them the user looks at. */
export class OpenModels implements Disposable {
  readonly #documents = new Map<ModelDocument, Disposable>();
  readonly #changed = new Emitter<ModelDocument | undefined>();
  /** Editors that are the active one, of each model: a model may be open in several. */
  readonly #activeEditors = new Map<ModelDocument, Set<object>>();
  #active: ModelDocument | undefined;
  #last: ModelDocument | undefined;

  /** A model was opened or closed, became the active one, or changed; absent when it closed. */
  readonly onDidChange = this.#changed.event;

  /** The model whose editor is the active one. */
  get active(): ModelDocument | undefined {
    return this.#active;
  }

  /** The active one, or else the one that was last: what the side bar shows. */
  get shown(): ModelDocument | undefined {
    return this.#active ?? this.#last;
  }

  get all(): readonly ModelDocument[] {
    return [...this.#documents.keys()];
  }

  find(uri: Uri): ModelDocument | undefined {
    return this.all.find((document) => document.uri.toString() === uri.toString());
  }

  add(document: ModelDocument): void {
    const store = new DisposableStore();
    store.add(document.onDidChange(() => this.#changed.fire(document)));
    store.add(
      document.onJob((job) => {
        this.#changed.fire(document);
        void job.ended.then(() => this.#changed.fire(document));
      }),
    );
    this.#documents.set(document, store);
  }

  remove(document: ModelDocument): void {
    this.#documents.get(document)?.dispose();
    this.#documents.delete(document);
    this.#activeEditors.delete(document);
    if (this.#active === document) this.#active = undefined;
    if (this.#last === document) this.#last = this.all.at(-1);
    this.#changed.fire(undefined);
  }

  /** An editor of the model became the active one, or stopped to be. */
  setActive(document: ModelDocument, editor: object, isActive: boolean): void {
    const editors = this.#activeEditors.get(document) ?? new Set();
    this.#activeEditors.set(document, editors);
    if (isActive) {
      editors.add(editor);
      this.#active = this.#last = document;
    } else {
      editors.delete(editor);
      if (this.#active === document && editors.size === 0) this.#active = undefined;
    }
    this.#changed.fire(document);
  }

  /** A page of the model was used, whether VS Code counts its editor as the active one or not. */
  look(document: ModelDocument): void {
    if (this.shown === document) return;
    this.#active = undefined;
    this.#last = document;
    this.#changed.fire(document);
  }

  dispose(): void {
    for (const store of this.#documents.values()) store.dispose();
    this.#changed.dispose();
  }
}
