import type { Uri } from 'vscode';
import type { Disk } from './disk.ts';

/** The file as we last read or wrote it, with the files beside it that hold its weights. */
export class KnownFile {
  #known: string | undefined;
  /** The files beside it that were looked at for that. */
  #looked = '';
  #writing: Promise<void> = Promise.resolve();
  /** Somebody else wrote it, and the user has to say what is to be kept. */
  isChanged = false;
  /** The user kept their corrections: the next save may write over what somebody else wrote. */
  overwrites = false;

  constructor(
    private readonly uri: Uri,
    private readonly disk: Disk,
    private readonly siblings: () => readonly string[],
  ) {}

  /** What is on disk now is what we know. */
  async remember(): Promise<void> {
    this.#known = await this.now();
  }

  /** Has it written, and knows it then; who asks meanwhile whether it is another waits for that. */
  async write(work: () => Promise<void>): Promise<void> {
    const mine = work().then(() => this.remember());
    this.#writing = mine.catch(() => undefined);
    await mine;
    this.settle();
  }

  /** Settles when who has it written now was told that it is, or is not. */
  get written(): Promise<void> {
    return this.#writing.then(() => new Promise((resolve) => setTimeout(resolve)));
  }

  /** The files beside it are looked at again only where they are others than before the reading. */
  async rememberSiblings(): Promise<void> {
    if (this.siblings().join('\n') !== this.#looked) await this.remember();
  }

  /** The user keeps their corrections; saving will write over what is on disk now. */
  async keepMine(): Promise<void> {
    await this.remember();
    this.overwrites = true;
    this.isChanged = false;
  }

  /** It was written or read: nothing is left to ask. */
  settle(): void {
    this.isChanged = this.overwrites = false;
  }

  /** Whether somebody else wrote or removed it; `undefined` where it is not there. */
  async isOther(): Promise<boolean | undefined> {
    await this.#writing;
    const now = await this.now();
    return now === undefined ? undefined : now !== this.#known;
  }

  private now(): Promise<string | undefined> {
    const siblings = this.siblings();
    this.#looked = siblings.join('\n');
    return this.disk.fingerprint(this.uri, siblings);
  }
}
