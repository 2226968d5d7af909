import type { ModelState } from '../../server/protocol/model.ts';
import type { Rpc } from '../../server/protocol/requests.ts';
import type { Disposable } from '../disposables.ts';

/** How far a request is: a share of 0..1 where it is known, and a word for where it is. */
export type Report = (detail: string, share?: number) => void;

export interface AskOptions {
  /** Aborting it cancels the request; the answer is then `Stopped`. */
  readonly signal?: AbortSignal;
  readonly report?: Report;
}

/** The language server as documents and commands see it. */
export interface Server {
  /** Throws `Refused`, `Stopped` or `ServerLost`. Starts the server where it is not running. */
  ask<P, R>(rpc: Rpc<P, R>, params: P, options?: AskOptions): Promise<R>;
  /** Layer numbers came in for an open model. */
  onState(listener: (state: ModelState) => void): Disposable;
  /** The server ended and runs again: it knows no models any more. */
  onRestart(listener: () => void): Disposable;
}
