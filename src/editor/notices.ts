import type { PanelCommand } from '../../server/protocol/model.ts';
import { DisposableStore } from '../disposables.ts';
import { Emitter } from '../emitter.ts';
import { Stopped, toFault } from '../server/answers.ts';
import type { Notice } from './notice.ts';
import { t } from '../l10n.ts';

/** What is told of one model; after it was disposed, nothing. */
export class Notices {
  readonly #store = new DisposableStore();
  readonly #told = this.#store.add(new Emitter<Notice>());

  readonly onNotice = this.#told.event;

  constructor(private readonly name: string) {}

  /** A sentence about the file; `offers`: what it leads to. */
  note(text: string, offers?: 'previewEqualize'): void {
    const note = { kind: 'note', text: `${this.name}: ${text}` } as const;
    this.#told.fire(offers ? { ...note, offers } : note);
  }

  /** A preview went with what it was made for. */
  discarded(preview: string): void {
    this.note(t('{0} was discarded: it was made for another target.', preview));
  }

  /** That something failed or was stopped; `again`: what tries the same once more. */
  tell(title: string, thrown: unknown, again?: PanelCommand): void {
    const more = again ? { again } : {};
    if (thrown instanceof Stopped) {
      const text = `${title}: ${again ? t('what was measured stays') : t('nothing has changed')}.`;
      this.#told.fire({ kind: 'stopped', text, ...more });
    } else this.#told.fire({ kind: 'failed', title, fault: toFault(thrown), ...more });
  }

  dispose(): void {
    this.#store.dispose();
  }
}
