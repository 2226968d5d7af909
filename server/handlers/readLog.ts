import type { ChangeLog, OnModel } from '../protocol/requests.ts';
import { logOf } from '../session/replayLog.ts';
import type { Sessions } from '../sessions.ts';

/** What a backup keeps. Answered for any revision: a backup must not fail for being late. */
export function readLog(sessions: Sessions, params: OnModel): Promise<ChangeLog> {
  return Promise.resolve(logOf(sessions.get(params.uri)));
}
