import type { Settings } from './config.ts';
import { t } from './l10n.ts';

/** What the server takes when it starts, and never again. */
const taken = ['seed', 'engine', 'threads', 'memoryLimitMegabytes', 'probeCount'] as const;

/** How a change is told, and obeyed. */
interface Parts {
  readonly isRunning: () => boolean;
  /** Says something quietly, and gives the button that was chosen. */
  readonly tell: (message: string, button: string) => Promise<string | undefined>;
  readonly restart: () => Promise<void>;
}

/** Says of settings that the running server does not know yet, and restarts it where that is wanted. */
export class ServerSettings {
  readonly #parts: Parts;
  #known: string | undefined;
  #told: string | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The server starts with these. */
  take(settings: Settings): Settings {
    this.#known = this.#told = textOf(settings);
    return settings;
  }

  /** The settings may be others by now; the same ones are told of once. */
  async follow(settings: Settings): Promise<void> {
    const now = textOf(settings);
    if (!this.#parts.isRunning() || this.#known === undefined || now === this.#told) return;
    this.#told = now;
    if (now === this.#known) return;
    const button = t('Restart server');
    const message = t(
      'The setting takes effect when the model server starts again: corrections stay, what runs is stopped.',
    );
    if ((await this.#parts.tell(message, button)) === button) await this.#parts.restart();
  }
}

const textOf = (settings: Settings): string => JSON.stringify(taken.map((name) => settings[name]));
