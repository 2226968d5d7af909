import { URI } from 'vscode-uri';
import { layersOf } from './core/graph/layer.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { Job } from './core/job.ts';
import type { Engine } from './engines/engine.ts';
import { openDocument } from './formats/index.ts';
import { modelSettings } from './modelSettings.ts';
import type { ModelState } from './protocol/model.ts';
import type { OpenParams, ServerOptions } from './protocol/requests.ts';
import { Refused, refusedFile } from './refused.ts';
import { fileIdentity, hashFile, withSiblings } from './session/fileHash.ts';
import { MeasureCache } from './session/measureCache.ts';
import { replayLog } from './session/replayLog.ts';
import { Session } from './session/session.ts';
import { stateOf } from './toWire/modelState.ts';

/** What the sessions of a server share. */
export interface SessionsPlace {
  readonly engine: Engine | undefined;
  readonly storageFolder: string;
  readonly settings: ServerOptions;
  readonly publish: (state: ModelState) => void;
  readonly log: (text: string) => void;
}

/** Of the names of an earlier file those that this one has. */
function known({ state: { graph } }: Session, names: readonly string[]): readonly string[] {
  const layers = new Set(layersOf(graph, wiringOf(graph)).map(({ name }) => name));
  return names.filter((name) => layers.has(name));
}

/** The models that are open, by URI. */
export class Sessions {
  readonly #open = new Map<string, Session>();
  readonly #measured: MeasureCache;

  constructor(private readonly place: SessionsPlace) {
    this.#measured = new MeasureCache(place.storageFolder);
  }

  /** Opens a model and does the changes of its log again; one that is open already is replaced. */
  async open({ uri, target, log, leftAlone }: OpenParams, job: Job): Promise<Session> {
    const path = URI.parse(uri).fsPath;
    const ownHash = await hashFile(path);
    const fileId = (await fileIdentity(path)) ?? '';
    const opened = await openDocument(path, job);
    if (!opened.ok) throw refusedFile(opened.error);
    const fileHash = (await withSiblings(ownHash, opened.value.siblings)) ?? '';
    const { engine, storageFolder, settings, publish, log: write } = this.place;
    const session = new Session(
      uri,
      { document: opened.value, fileHash, fileId, target },
      {
        engine,
        storageFolder,
        settings,
        measured: this.#measured,
        log: write,
        publish: (changed) => publish(stateOf(changed)),
      },
    );
    try {
      if (settings.isTrusted ?? true) session.commit({ chosen: modelSettings(path).chosen });
      if (log) await replayLog(session, log, job);
      if (leftAlone) session.commit({ leftAlone: known(session, leftAlone) });
      await job.checkpoint(1, 1);
    } catch (thrown) {
      session.dispose();
      throw thrown;
    }
    const before = this.#open.get(uri);
    if (before) await session.continueMeasuring(before);
    this.#open.set(uri, session);
    session.begin(before ? before.revision + 1 : 1);
    before?.dispose();
    return session;
  }

  /** The open model of this URI; refuses where there is none, so that the host opens it again. */
  get(uri: string): Session {
    const session = this.#open.get(uri);
    if (session) return session;
    throw new Refused({
      code: 'unknown-model',
      message: 'The model is not open in the server.',
      where: uri,
      remedy: 'Open it again; its unsaved corrections are done again from the change log.',
    });
  }

  /** The open model of this file, if it is open. */
  at(path: string): Session | undefined {
    return [...this.#open.values()].find(({ uri }) => URI.parse(uri).fsPath === path);
  }

  /** Forgets a model, after the work on it that is under way. */
  async close(uri: string): Promise<void> {
    const session = this.#open.get(uri);
    this.#open.delete(uri);
    await session?.queue.run(() => Promise.resolve(session.dispose()));
  }

  /** Closes all models, without waiting for the work on them. */
  dispose(): void {
    for (const session of this.#open.values()) session.dispose();
    this.#open.clear();
  }
}
