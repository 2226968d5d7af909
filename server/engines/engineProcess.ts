import { fork, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Job } from '../core/job.ts';
import { EngineFault } from './engine.ts';
import type { Answers, Envelope, Reply, Request } from './protocol.ts';

/** How often a waiting request asks whether its job was stopped. */
const pollMs = 20;
/** Lines of the child's error output that are kept for the message when it dies. */
const keptLines = 5;

export interface ProcessOptions {
  readonly childPath: string;
  /** Given to the child on its command line. */
  readonly words?: readonly string[] | undefined;
  readonly execPath?: string | undefined;
  readonly log?: ((line: string) => void) | undefined;
  /** The child is ended when nothing was asked of it for so long. */
  readonly idleMs: number;
}

type Settle = {
  readonly id: number;
  readonly resolve: (value: Answers[keyof Answers]) => void;
  readonly reject: (reason: unknown) => void;
  readonly progress: (done: number, total: number) => void;
};

/** Why a child is no more; `died` is the only way that is not ours. */
export type End = 'died' | 'stopped' | 'idle';

/** One run of the child, from its start to its end. */
export class Generation {
  end: End | undefined;
  readonly lastLines: string[] = [];
  waiting: Settle | undefined;
  /** Called when the child is lost, and again when it is gone or this process ends. */
  atEnd: () => void = () => undefined;
  constructor(readonly child: ChildProcess) {}
  /** Also called when this process ends: a run would go on for as long as it takes. */
  readonly kill = (): void => {
    this.child.kill('SIGKILL');
    this.atEnd();
  };
}

/**
 * The child process, started when it is needed. One request is with it at a time; others wait
 * their turn, so that stopping the one that runs loses nothing of theirs.
 */
export class EngineProcess {
  #generation: Generation | undefined;
  #turn: Promise<void> = Promise.resolve();
  #lastId = 0;
  #idle: NodeJS.Timeout | undefined;
  #isDisposed = false;

  /** While true, the child is not ended for want of use. */
  isNeeded: () => boolean = () => false;

  constructor(private readonly options: ProcessOptions) {}

  /** The child that requests go to, started when none runs. */
  start(): Generation {
    return (this.#generation ??= this.#start());
  }

  /** The child that requests go to now, if one runs. */
  get current(): Generation | undefined {
    return this.#generation;
  }

  /** The child's process id, for those who watch processes. */
  get pid(): number | undefined {
    return this.#generation?.child.pid;
  }

  /**
   * Runs `work` when its turn comes. Within, `ask` sends requests to the child. A stopped job gives
   * its place up; once `ask` has begun, stopping kills the child.
   */
  async exclusively<T>(job: Job, work: (ask: Ask) => Promise<T>): Promise<T> {
    const turn = this.#turn;
    let leave = (): void => undefined;
    this.#turn = new Promise((resolve) => (leave = resolve));
    try {
      await settledOrStopped(turn, () => job.checkpoint(0, 1));
    } catch (stopped) {
      void turn.then(leave);
      throw stopped;
    }
    clearTimeout(this.#idle);
    try {
      return await work((request, what) => this.#ask(request, job, what));
    } finally {
      this.#idle = setTimeout(() => {
        if (!this.isNeeded()) this.#finish('idle');
      }, this.options.idleMs).unref();
      leave();
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#idle);
    this.#finish('stopped');
  }

  async #ask<K extends Request['kind']>(
    request: Extract<Request, { kind: K }>,
    job: Job,
    what: string | undefined,
  ): Promise<Answers[K]> {
    const generation = this.start();
    const id = ++this.#lastId;
    let done = 0;
    let total = 1;
    const answer = new Promise<Answers[keyof Answers]>((resolve, reject) => {
      const progress = (nowDone: number, nowTotal: number): void => {
        done = nowDone;
        total = nowTotal;
      };
      generation.waiting = { id, resolve, reject, progress };
      const envelope: Envelope = { id, request };
      generation.child.send(envelope, (failure) => {
        if (failure) this.#lose(generation, 'died');
      });
    });
    try {
      await settledOrStopped(answer, () => job.checkpoint(done, total, what));
    } catch (stopped) {
      answer.catch(() => undefined);
      this.#finish('stopped');
      throw stopped;
    }
    return (await answer) as Answers[K];
  }

  #start(): Generation {
    if (this.#isDisposed) throw new EngineFault('not-available', 'The engine was closed.');
    const { childPath, execPath, words = [] } = this.options;
    const isSource = childPath.endsWith('.ts');
    const child = fork(childPath, words, {
      cwd: dirname(childPath),
      execArgv: isSource ? ['--import', 'tsx'] : [],
      ...(execPath === undefined ? {} : { execPath }),
      env: childEnvironment(),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const generation = new Generation(child);
    child.unref();
    child.channel?.unref();
    process.once('exit', generation.kill);
    this.#listen(generation);
    return generation;
  }

  #listen(generation: Generation): void {
    const { child } = generation;
    child.on('message', (message) => settle(generation, message as Reply));
    child.on('error', (failure) => {
      const text = `The process that runs models cannot be started: ${failure.message}`;
      generation.waiting?.reject(new EngineFault('not-available', text));
      generation.waiting = undefined;
      this.#lose(generation, 'died');
    });
    child.on('exit', () => {
      this.#lose(generation, 'died');
      generation.atEnd();
    });
    const errors = child.stderr;
    if (errors instanceof Socket) errors.unref();
    errors?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
        this.options.log?.(line);
        generation.lastLines.push(line);
        if (generation.lastLines.length > keptLines) generation.lastLines.shift();
      }
    });
  }

  #finish(end: End): void {
    const generation = this.#generation;
    if (!generation) return;
    this.#lose(generation, end);
    generation.kill();
  }

  #lose(generation: Generation, end: End): void {
    if (this.#generation === generation) this.#generation = undefined;
    if (generation.end) return;
    generation.end = end;
    generation.atEnd();
    process.off('exit', generation.kill);
    generation.waiting?.reject(diedFault());
    generation.waiting = undefined;
    if (end === 'died')
      this.options.log?.(`engine process died: ${generation.lastLines.join(' | ')}`);
  }
}

export type Ask = <K extends Request['kind']>(
  request: Extract<Request, { kind: K }>,
  what?: string,
) => Promise<Answers[K]>;

export const diedFault = (): EngineFault =>
  new EngineFault(
    'died',
    'The process that runs models ended unexpectedly, for want of memory perhaps. The next run starts a new one.',
  );

function settle(generation: Generation, reply: Reply): void {
  const { waiting } = generation;
  if (waiting?.id !== reply.id) return;
  if (reply.kind === 'progress') {
    waiting.progress(reply.done, reply.total);
    return;
  }
  generation.waiting = undefined;
  if (reply.kind === 'answer') waiting.resolve(reply.value);
  else if (reply.kind === 'fault') {
    waiting.reject(new EngineFault(reply.code, reply.message, reply.where));
  } else waiting.reject(new Error(`in the engine's process: ${reply.stack}`));
}

/** Waits until `promise` settles either way; throws what `check` throws meanwhile. */
async function settledOrStopped(
  promise: Promise<unknown>,
  check: () => Promise<void>,
): Promise<void> {
  let isSettled = false;
  let wake = (): void => undefined;
  const settled = (): void => {
    isSettled = true;
    wake();
  };
  promise.then(settled, settled);
  await check();
  while (!isSettled) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pollMs);
      wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
    if (!isSettled) await check();
  }
}

/**
 * Memory of a run's values is used again for the next run's: glibc would give it back to the system
 * and get it page by page again, an eighth of a bias correction's time. Others do not read these.
 */
const memoryHabits = {
  MALLOC_MMAP_THRESHOLD_: String(32 * 2 ** 20),
  MALLOC_TRIM_THRESHOLD_: String(128 * 2 ** 20),
};

/** Ours, so that Electron's binary acts as Node, and without a debugger's hooks. */
function childEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...memoryHabits, ...process.env };
  delete environment['NODE_OPTIONS'];
  delete environment['VSCODE_INSPECTOR_OPTIONS'];
  if (process.versions['electron']) environment['ELECTRON_RUN_AS_NODE'] = '1';
  return environment;
}
