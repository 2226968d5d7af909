import type { Disposable } from '../disposables.ts';
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

/** What is running on one model, first come first. */
export class Jobs implements Disposable {
  readonly #started = new Emitter<RunningJob>();
  #running: readonly RunningJob[] = [];

  readonly onStart = this.#started.event;

  get current(): RunningJob | undefined {
    return this.#running[0];
  }

  /** Runs a request as a job that panels and the progress notice show. */
  async run<R>(
    title: string,
    ask: (options: AskOptions) => Promise<R>,
    signal?: AbortSignal,
  ): Promise<R> {
    const job = new RunningJob(title);
    const stop = (): void => job.stop();
    signal?.addEventListener('abort', stop);
    this.#running = [...this.#running, job];
    this.#started.fire(job);
    try {
      return await ask(job.options);
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#running = this.#running.filter((other) => other !== job);
      job.finish();
    }
  }

  /** Stops all of them. */
  dispose(): void {
    for (const job of this.#running) job.stop();
    this.#started.dispose();
  }
}
