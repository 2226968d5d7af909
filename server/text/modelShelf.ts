import { noJob } from '../core/job.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ModelDocument } from '../formats/format.ts';
import { openDocument } from '../formats/index.ts';
import { hashFile } from '../session/fileHash.ts';
import { Queue } from '../session/queue.ts';
import type { Sessions } from '../sessions.ts';
import type { KnownModel } from './provider.ts';

/** So many models that no editor has open are kept for the texts beside them. */
const mostKept = 2;

interface Kept {
  readonly path: string;
  readonly hash: string;
  readonly document: ModelDocument;
}

/** Models for texts: those that are open in an editor, and others read for looking only. */
export class ModelShelf {
  readonly #queue = new Queue();
  #kept: Kept[] = [];
  #isDisposed = false;

  constructor(private readonly sessions: () => Sessions | undefined) {}

  /** The model of this file as it is now, or why it cannot be read. */
  find(path: string): Promise<Result<KnownModel, string>> {
    // one after the other: an editor asks for several things at once, of one model
    return this.#queue.run(() => this.#find(path));
  }

  async #find(path: string): Promise<Result<KnownModel, string>> {
    const session = this.sessions()?.at(path);
    if (session) {
      this.#drop(path);
      const { base: opened, target } = session.state;
      return ok({ path, graph: session.shownGraph, opened, target });
    }
    const hash = await hashFile(path);
    const known = this.#kept.find((one) => one.path === path);
    if (known?.hash === hash && known) return ok(modelOf(known));
    this.#drop(path);
    if (hash === undefined) return err(`${path} is not there or cannot be read.`);
    const opened = await openDocument(path, noJob);
    if (!opened.ok) return err(opened.error.message);
    const kept = { path, hash, document: opened.value };
    this.#kept.push(kept);
    if (this.#isDisposed) this.dispose();
    for (const old of this.#kept.splice(0, this.#kept.length - mostKept)) old.document.dispose();
    return ok(modelOf(kept));
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const { document } of this.#kept.splice(0)) document.dispose();
  }

  #drop(path: string): void {
    for (const old of this.#kept) if (old.path === path) old.document.dispose();
    this.#kept = this.#kept.filter((one) => one.path !== path);
  }
}

const modelOf = ({ path, document }: Kept): KnownModel => ({
  path,
  graph: document.graph,
  opened: document.graph,
  target: undefined,
});
