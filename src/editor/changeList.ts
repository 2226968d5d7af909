import { t } from '../l10n.ts';
/** One entry of VS Code's undo list. What fails is told to the user and not thrown. */
export interface Edit {
  readonly label: string;
  undo(): Promise<void>;
  redo(): Promise<void>;
}

/** Makes exactly these changes the applied ones. */
export type SetChanges = (ids: readonly number[], title: string) => Promise<void>;

/** Which changes are applied, and which of them the file on disk has. */
export class ChangeList {
  readonly #set: SetChanges;
  readonly #isStale: () => void;
  #applied: readonly number[] = [];
  #saved: readonly number[] = [];
  /** Counts how often the file was read anew: an edit from before that cannot be undone. */
  #generation = 0;

  /** `onStale` is called when an edit of a former reading of the file is undone or redone. */
  constructor(set: SetChanges, onStale: () => void) {
    this.#set = set;
    this.#isStale = onStale;
  }

  get saved(): readonly number[] {
    return this.#saved;
  }

  get isDirty(): boolean {
    return this.#applied.join() !== this.#saved.join();
  }

  /** What is applied is what the file has: these. */
  begin(ids: readonly number[]): void {
    this.#applied = this.#saved = ids;
  }

  /** The file has these changes. */
  markSaved(ids: readonly number[]): void {
    this.#saved = ids;
  }

  /** Another set of changes is applied now. */
  setApplied(ids: readonly number[]): void {
    this.#applied = ids;
  }

  /** The file was read again: nothing is applied, and older edits are void. */
  reset(): void {
    this.#generation++;
    this.#applied = this.#saved = [];
  }

  /** Adds a change that was applied; the edit takes it back and does it again. */
  push(id: number, label: string): Edit {
    const before = this.#applied;
    const after = [...before, id];
    this.#applied = after;
    const generation = this.#generation;
    const move = async (ids: readonly number[], title: string): Promise<void> => {
      if (generation !== this.#generation) return this.#isStale();
      await this.#set(ids, title);
    };
    return {
      label,
      undo: () => move(before, t('Undoing {0}', label)),
      redo: () => move(after, t('Redoing {0}', label)),
    };
  }
}
