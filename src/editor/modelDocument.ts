import type { Uri } from 'vscode';
import type { ModelState, PanelCommand } from '../../server/protocol/model.ts';
import {
  applySteps,
  compareEngines,
  discardPreview,
  repairModel,
  revertModel,
  saveModel,
  setChanges,
  setTarget,
  undoLayer,
  type ApplyReply,
  type ChangeLog,
  type CompareEnginesReply,
  type Fault,
  type SaveParams,
  type SaveReply,
  type StepRequest,
} from '../../server/protocol/requests.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import { DisposableStore } from '../disposables.ts';
import { Emitter } from '../emitter.ts';
import { Refused, Stopped, toFault, toSentence } from '../server/answers.ts';
import type { AskOptions, Server } from '../server/server.ts';
import { ChangeList, type Edit } from './changeList.ts';
import type { Disk } from './disk.ts';
import { KnownFile } from './knownFile.ts';
import { Jobs, type JobView } from './job.ts';
import { ModelData } from './modelData.ts';
import { ModelComparison } from './modelComparison.ts';
import { ModelQuestions } from './modelQuestions.ts';
import { Notices } from './notices.ts';
import { misfitInWords, notOnDisk, stoppedWhileOpening, undoneInWords } from './openFaults.ts';
import { Session } from './session.ts';
import { canEqualize, notesInWords, stepTitles } from './stepWords.ts';
import { t } from '../l10n.ts';

/** An open model: what VS Code calls the document. All its panels and views look at this one. */
export class ModelDocument {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<void>());
  readonly #edited = this.#store.add(new Emitter<Edit>());
  readonly #notices: Notices;
  readonly #jobs = this.#store.add(new Jobs());
  readonly #read = this.#store.add(new Emitter<void>());
  readonly #closed = this.#store.add(new Emitter<void>());
  readonly #session: Session;
  readonly #changes: ChangeList;
  /** Its samples, and what is measured on them. */
  readonly data: ModelData;
  /** What can be asked of it at any time. */
  readonly questions: ModelQuestions;
  /** What it is compared with. */
  readonly comparison: ModelComparison;
  #state: ModelState | undefined;
  /** What the preview was asked for, to apply the same. */
  #previewed: readonly StepRequest[] | 'repair' = [];
  #fault: Fault | undefined;
  readonly #file: KnownFile;
  #saving: Promise<void> = Promise.resolve(); // settles when VS Code knows that the last save ended
  /** Of a backup that is to be done again when the file is read, or could not be yet. */
  unrestored: ChangeLog | undefined;
  /** Of a backup that did not fit the file. */
  unfit: ChangeLog | undefined;
  #isDisposed = false;

  /** State, dirtiness or the file on disk changed. */
  readonly onDidChange = this.#changed.event;
  /** A change was applied that can be undone. */
  readonly onDidEdit = this.#edited.event;
  readonly onJob = this.#jobs.onStart;
  /** It was read, for the first time or after it could not be. */
  readonly onDidRead = this.#read.event;
  readonly onDidDispose = this.#closed.event;

  constructor(
    readonly uri: Uri,
    target: TargetSettings,
    server: Server,
    disk: Disk,
  ) {
    this.#notices = this.#store.add(new Notices(this.name));
    this.#session = new Session(uri.toString(), target, server);
    this.questions = new ModelQuestions(this.#session, this.#notices);
    const door = {
      name: this.name,
      state: () => this.#state,
      run: this.#jobs.run.bind(this.#jobs),
    };
    this.comparison = this.#store.add(new ModelComparison(this.#session, door));
    this.#file = new KnownFile(uri, disk, () => this.siblings);
    this.#changes = new ChangeList(
      (ids, title) => this.#try(title, () => this.#setChanges(ids, title)),
      () =>
        this.#notices.note(
          t('The file was read again since: this change cannot be undone any more.'),
        ),
    );
    this.data = new ModelData(this.#session, {
      ask: (title, ask, again) => this.#ask(title, ask, again),
      apply: (title, ask) => this.#apply(title, ask),
      take: (state) => this.#receive(state),
    });
    this.#store.add(server.onState((state) => this.#receive(state)));
    this.#store.add(server.onRestart(() => void this.#comeBack()));
  }

  get state(): ModelState | undefined {
    return this.#state;
  }

  /** Why the file cannot be read, if so. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Something to tell on every panel of the model. */
  get onNotice(): Notices['onNotice'] {
    return this.#notices.onNotice;
  }

  get job(): JobView | undefined {
    return this.#jobs.current?.view;
  }

  get isDirty(): boolean {
    return this.#changes.isDirty;
  }

  get isChangedOnDisk(): boolean {
    return this.#file.isChanged;
  }

  /** Paths of other files that hold its weights, or that are to blame that it cannot be read. */
  get siblings(): readonly string[] {
    return this.#state?.siblings ?? this.#fault?.beside ?? [];
  }

  get name(): string {
    return this.uri.path.slice(this.uri.path.lastIndexOf('/') + 1);
  }

  /**
   * Reads the file; with a log, does its changes again and gives each as an edit. A file that
   * cannot be read leaves a `fault` and the document alive: `open` may be called again.
   */
  async open(log = this.unrestored): Promise<void> {
    this.unrestored = log;
    const remembered = this.#file.remember(); // with the files that were to blame before
    this.#fault = this.uri.scheme === 'file' ? undefined : notOnDisk(this.uri);
    if (this.#fault) return this.#changed.fire();
    await remembered;
    try {
      this.#take(await this.#jobs.run(t('Opening model'), (job) => this.#session.open(log, job)));
      await this.#file.rememberSiblings();
      if (log) this.#restore(log);
      this.unrestored = undefined;
    } catch (thrown) {
      const misfit = log && misfitInWords(thrown);
      if (misfit) {
        this.#notices.note(misfit);
        this.unfit = log;
        this.unrestored = undefined;
        return this.open();
      }
      this.#fault = thrown instanceof Stopped ? stoppedWhileOpening : toFault(thrown);
      await this.#file.rememberSiblings();
    }
    this.#changed.fire();
    if (!this.#fault) this.#read.fire();
  }

  /** Shows the model as it would be after these steps, or after a repair. */
  async preview(steps: readonly StepRequest[] | 'repair'): Promise<void> {
    this.#previewed = steps;
    await this.#show(t('Previewing'), (job) => this.#session.preview(steps, job));
  }

  async discardPreview(): Promise<void> {
    if (!this.#state?.preview) return;
    const title = t('Discarding preview');
    await this.#show(title, (job) => this.#session.change(discardPreview, {}, job));
  }

  /** Runs steps; each that changed something becomes one edit. */
  async apply(steps: readonly StepRequest[]): Promise<void> {
    const title = steps.map(({ step }) => stepTitles[step]).join(', ');
    await this.#apply(title, (job) => this.#session.edit(applySteps, { steps }, job));
  }

  /** Applies what the preview shows. */
  async applyPreview(): Promise<void> {
    const steps = this.#previewed;
    if (this.#state?.preview) await (steps === 'repair' ? this.repair() : this.apply(steps));
  }

  async repair(): Promise<void> {
    const ask = (job: AskOptions): Promise<ApplyReply> => this.#session.edit(repairModel, {}, job);
    await this.#apply(t('Repairing'), ask, 'previewEqualize');
  }

  /** Takes one layer out of the equalizing that was applied. */
  async undoLayer(layer: number): Promise<void> {
    const title = t('Undoing for one layer');
    await this.#apply(title, (job) => this.#session.edit(undoLayer, { layer }, job));
  }

  /** What it is opened for, and layers that corrections leave alone from the first. */
  beginWith(target: TargetSettings, leftAlone: readonly string[]): void {
    Object.assign(this.#session, { target, leftAlone });
  }

  /** Measures for another target; not an edit. */
  async setTarget(target: TargetSettings): Promise<void> {
    this.#session.target = target;
    const title = t('Measuring for the target');
    const before = this.#state?.preview;
    await this.#show(title, (job) => this.#session.change(setTarget, { target }, job));
    if (before && !this.#state?.preview) this.#notices.discarded(before.title);
  }

  /** Every layer in both engines; nothing when that was refused, which is then told. */
  async compareEngines(): Promise<CompareEnginesReply | undefined> {
    return this.#ask(t('Comparing engines'), (job) => this.#session.look(compareEngines, {}, job));
  }

  /** Writes the file. Throws a sentence for the user where that cannot be done. */
  async save(signal?: AbortSignal): Promise<void> {
    await this.#file.write(async () => {
      await this.discardPreview();
      this.#saving = this.#file.written;
      await this.#write(this.#file.overwrites ? { overwrite: true } : {}, signal);
    });
    this.#changed.fire();
  }

  /** Writes the model to another file; this document stays as it is. */
  async saveAs(to: Uri, signal?: AbortSignal): Promise<void> {
    await this.discardPreview();
    await this.#write({ to: to.toString() }, signal);
  }

  /** Back to the file: by undoing where it is still ours, else by reading it again. */
  async revert(): Promise<void> {
    if (this.#state && (await this.#file.isOther()) === false)
      await this.#setChanges(this.#changes.saved, t('Reverting'));
    else await this.reload();
  }

  /** Reads the file again and forgets all changes. */
  async reload(): Promise<void> {
    this.#file.settle();
    this.#changes.reset();
    if (!this.#state) return this.open();
    await this.#file.remember();
    try {
      const title = t('Reading the file again');
      this.#take(await this.#jobs.run(title, (job) => this.#session.edit(revertModel, {}, job)));
      await this.#file.rememberSiblings();
    } catch (thrown) {
      this.#state = undefined;
      this.#fault = toFault(thrown);
      await this.#file.rememberSiblings();
    }
    this.#changed.fire();
  }

  /** The file may have changed: loads it where nothing would be lost, else lets the user say. */
  async checkDisk(): Promise<void> {
    // What runs now may be what wrote the file, or may lose by a reload.
    for (let job = this.#jobs.current; job; job = this.#jobs.current) await job.ended;
    if (this.#isDisposed || !(await this.#file.isOther())) return;
    if (!this.isDirty) return this.reload();
    this.#file.isChanged = true;
    this.#changed.fire();
  }

  /** Keeps the corrections; saving will write over what is on disk now. */
  async keepMine(): Promise<void> {
    await this.#file.keepMine();
    this.#changed.fire();
  }

  /** What was done to which file, for a backup; what runs now is not waited for. */
  get changeLog(): ChangeLog | undefined {
    return this.#session.log;
  }

  /** Stops what is running. */
  cancel(): void {
    if (this.#jobs.current) this.#jobs.current.stop();
    else if (this.#state?.measuring) void this.data.stopMeasuring();
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#session.close();
    this.#closed.fire();
    this.#store.dispose();
  }

  /** The changes of a log were done again: they can be undone, as before the window closed. */
  #restore(log: ChangeLog): void {
    if (log.undone?.length) this.#notices.note(undoneInWords(log));
    if (log.changes.length > 0) this.#changes.begin(log.saved?.map(({ id }) => id) ?? []);
    for (const { id, label } of log.changes) this.#edited.fire(this.#changes.push(id, label));
  }

  /** `offers`: what the notes of the steps lead to, while equalizing is still to be had. */
  async #apply(
    title: string,
    ask: (job: AskOptions) => Promise<ApplyReply>,
    offers?: 'previewEqualize',
  ): Promise<void> {
    await this.#try(title, async () => {
      const saving = this.#saving;
      const reply = await this.#jobs.run(title, ask);
      this.#take(reply.state);
      this.#session.remember(reply.changes);
      const edits = reply.changes.map(({ id, label }) => this.#changes.push(id, label));
      // By the end of a save before it, VS Code would take it for saved too.
      await saving;
      for (const edit of edits) this.#edited.fire(edit);
      const note = notesInWords(reply.notes);
      if (note) this.#notices.note(note, canEqualize(reply.state) ? offers : undefined);
    });
  }

  async #show(title: string, ask: (job: AskOptions) => Promise<ModelState>): Promise<void> {
    await this.#try(title, async () => this.#take(await this.#jobs.run(title, ask)));
  }

  async #setChanges(ids: readonly number[], title: string): Promise<void> {
    await this.discardPreview();
    const state = await this.#jobs.run(title, (job) =>
      this.#session.edit(setChanges, { ids }, job).catch((thrown: unknown) => {
        if (!(thrown instanceof Refused) || thrown.fault.code !== 'unknown-change') throw thrown;
        return this.#session.reopenWith(ids, job);
      }),
    );
    this.#changes.setApplied(ids);
    this.#take(state);
  }

  async #write(params: Omit<SaveParams, 'uri' | 'revision'>, signal?: AbortSignal): Promise<void> {
    try {
      const ask = (job: AskOptions): Promise<SaveReply> =>
        this.#session.edit(saveModel, params, job);
      const { state, notes } = await this.#jobs.run(t('Saving model'), ask, signal);
      this.#take(state);
      if (params.to === undefined) this.#changes.markSaved(state.changes.map(({ id }) => id));
      if (notes.length > 0) this.#notices.note(notes.join(' '));
    } catch (thrown) {
      throw thrown instanceof Stopped ? thrown : new Error(toSentence(toFault(thrown)));
    }
  }

  async #ask<R>(
    title: string,
    ask: (job: AskOptions) => Promise<R>,
    again?: PanelCommand,
  ): Promise<R | undefined> {
    let reply: R | undefined;
    const work = async (): Promise<void> => void (reply = await this.#jobs.run(title, ask));
    await this.#try(title, work, again);
    return reply;
  }

  async #try(title: string, work: () => Promise<void>, again?: PanelCommand): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.#notices.tell(title, thrown, again);
    }
    this.#changed.fire();
  }

  #take(state: ModelState): void {
    this.#state = state;
    this.#session.accept(state);
    this.#changed.fire();
  }

  #receive(state: ModelState): void {
    const isOlder = this.#state !== undefined && state.revision < this.#state.revision;
    if (state.uri === this.uri.toString() && !isOlder && !this.#fault) this.#take(state);
  }

  async #comeBack(): Promise<void> {
    if (!this.#state || this.#isDisposed) return;
    await this.#show(t('Opening model again'), (job) => this.#session.reopen(job));
    // A change that had been saved and undone is in the file again: its old bytes went with the server.
    const { preview, changes } = this.#state;
    if (!preview) this.#changes.setApplied(changes.map(({ id }) => id));
    this.#changed.fire();
  }
}
