import { Emitter } from '../emitter.ts';
import type { AskOptions } from '../server/server.ts';

/** What is running on a model, as a panel and the progress notice show it. */
export interface JobView {
  readonly title: string;
  readonly detail: string;
  /** 0..1 where it is known. */
  readonly share?: number;
}

/** One request under way, which can be watched and stopped. */
export class RunningJob {
  readonly #stop = new AbortController();
  readonly #changes = new Emitter<JobView>();
  #view: JobView;

  readonly onChange = this.#changes.event;
  /** Settles when the job has ended, whichever way. */
  readonly ended: Promise<void>;
  #end: () => void = () => undefined;

  constructor(title: string) {
    this.#view = { title, detail: '' };
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  get view(): JobView {
    return this.#view;
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** For `Server.ask`. */
  get options(): AskOptions {
    return {
      signal: this.#stop.signal,
      report: (detail, share) => {
        const { title } = this.#view;
        this.#view = share === undefined ? { title, detail } : { title, detail, share };
        this.#changes.fire(this.#view);
      },
    };
  }

  stop(): void {
    this.#stop.abort();
  }

  finish(): void {
    this.#end();
    this.#changes.dispose();
  }
}
