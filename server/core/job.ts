/** Thrown by `checkpoint` only, when the user has stopped the job. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  constructor() {
    super('stopped');
  }
}

/** What a long-running function is given to report progress and to learn that it was stopped. */
export interface Job {
  /**
   * Call it between two places, never inside a kernel. It lets the process read its mail, reports
   * progress, and throws `Cancelled` when the job was stopped. `what` is shown to the user.
   */
  checkpoint(done: number, total: number, what?: string): Promise<void>;
}

/** A job nobody watches and nobody stops. */
export const noJob: Job = { checkpoint: () => Promise.resolve() };
