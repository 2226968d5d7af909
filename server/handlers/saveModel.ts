import { URI } from 'vscode-uri';
import type { Job } from '../core/job.ts';
import type { ModelState } from '../protocol/model.ts';
import type { OnModel, SaveParams, SaveReply } from '../protocol/requests.ts';
import { correctionAfter } from '../session/corrections.ts';
import { toLogged } from '../session/changeLog.ts';
import { saveSession } from '../session/saveSession.ts';
import type { Session } from '../session/session.ts';
import { isFileChanged, writeOver } from '../session/writeOver.ts';
import type { Sessions } from '../sessions.ts';
import { firstSaveWords } from '../toWire/correctionState.ts';
import { stateOf } from '../toWire/modelState.ts';
import { settleMs } from './settle.ts';

/** Writes the applied changes, over the file or to another one; `to` is a URI. */
export function saveModel(sessions: Sessions, params: SaveParams, job: Job): Promise<SaveReply> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    if (params.to === undefined && params.overwrite === true && (await isFileChanged(session))) {
      await writeOver(session, job);
      return { state: await reopened(sessions, session, job), notes: [] };
    }
    const path = params.to === undefined ? undefined : URI.parse(params.to).fsPath;
    const words = newCorrectionWords(session);
    const notes = [...words, ...(await saveSession(session, path, job))];
    await session.analyst.settle(settleMs);
    return { state: stateOf(session), notes };
  });
}

/** Said of the first save after a correction: the file is for its grid from then on. */
function newCorrectionWords({ name, state, openedCorrection }: Session): readonly string[] {
  const isNew = state.applied.some(
    ({ id, correction }) => correction !== undefined && !state.saved.includes(id),
  );
  const note = isNew ? correctionAfter(openedCorrection, state.applied) : undefined;
  return note ? [firstSaveWords(name, note)] : [];
}

/** The model as it was just written over another file, its changes in it. */
async function reopened(sessions: Sessions, session: Session, job: Job): Promise<ModelState> {
  const { uri, state } = session;
  const saved = state.applied.map(toLogged);
  const log = { version: 1, uri, fileHash: '', changes: [], saved } as const;
  const fresh = await sessions.open({ uri, target: state.target, log }, job);
  await fresh.analyst.settle(settleMs);
  return stateOf(fresh);
}

/** Reads the file again and forgets all changes. */
export function revertModel(sessions: Sessions, params: OnModel, job: Job): Promise<ModelState> {
  const session = sessions.get(params.uri);
  return session.change(params.revision, job, async () => {
    const { target } = session.state;
    const fresh = await sessions.open({ uri: params.uri, target }, job);
    await fresh.analyst.settle(settleMs);
    return stateOf(fresh);
  });
}
