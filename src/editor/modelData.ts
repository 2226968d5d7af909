import type { Uri } from 'vscode';
import type { DataChoice } from '../../server/protocol/data.ts';
import type { ModelState, PanelCommand } from '../../server/protocol/model.ts';
import {
  chooseData,
  exportResult,
  keepData,
  leaveAlone,
  loadEncodings,
  measureModel,
  obeySettings,
  previewSample,
  removeCorrection,
  discardMeasured,
  stopMeasuring,
  type ApplyReply,
  type ExportParams,
  type SamplePreview,
} from '../../server/protocol/requests.ts';
import { Refused } from '../server/answers.ts';
import type { AskOptions } from '../server/server.ts';
import type { Session } from './session.ts';
import { t } from '../l10n.ts';

/** What a document lets its data side do. */
export interface DataDoor {
  /** Runs a request as a job; nothing when it failed or was stopped, which is then told. */
  ask<R>(
    title: string,
    ask: (job: AskOptions) => Promise<R>,
    again?: PanelCommand,
  ): Promise<R | undefined>;
  /** Runs a request that makes changes, each of them one edit. */
  apply(title: string, ask: (job: AskOptions) => Promise<ApplyReply>): Promise<void>;
  take(state: ModelState): void;
}

/** Asks for the size of a dimension; nothing when that was dismissed. */
export type AskSize = (dimension: string) => Promise<number | undefined>;

/** A document, its samples and settings: what is chosen, measured, written beside and read back. */
export class ModelData {
  constructor(
    private readonly session: Session,
    private readonly door: DataDoor,
  ) {}

  /** The samples that were chosen; absent: none. */
  get choice(): DataChoice | undefined {
    return this.session.data;
  }

  /**
   * Takes samples, or none; true when they could be opened. Not an edit. Sizes that the model leaves
   * open and the samples do not say are asked for by `askSize`, and stay in the choice.
   */
  async choose(data: DataChoice | undefined, askSize?: AskSize): Promise<boolean> {
    let choice = data;
    for (;;) {
      const params = choice === undefined ? {} : { data: choice };
      let missing: string | undefined;
      const state = await this.door.ask(
        t('Opening samples'),
        async (job) => {
          try {
            return await this.#shown(this.session.change(chooseData, params, job));
          } catch (thrown) {
            missing = askSize && openDimension(thrown, choice);
            if (missing === undefined) throw thrown;
            return undefined;
          }
        },
        'chooseSamples',
      );
      if (state) this.session.data = choice;
      if (choice === undefined || missing === undefined) return state !== undefined;
      const size = await askSize?.(missing);
      if (size === undefined) return false;
      choice = { ...choice, dims: { ...choice.dims, [missing]: size } };
    }
  }

  /** Writes the choice into the model's `rangefinder.json`; gives its path. */
  async keep(): Promise<string | undefined> {
    const reply = await this.door.ask(t('Writing rangefinder.json'), (job) =>
      this.session.change(keepData, {}, job),
    );
    return reply?.path;
  }

  /** Has the server take what `rangefinder.json` has folded and scaled, as it is now; not an edit. */
  async obeySettings(): Promise<void> {
    await this.door.ask(t('Trying the steps again'), (job) =>
      this.#shown(this.session.change(obeySettings, {}, job)),
    );
  }

  /** Has corrections other than folding leave exactly these layers alone; not an edit. */
  async leaveAlone(names: readonly string[]): Promise<void> {
    this.session.leftAlone = names;
    await this.door.ask(t('Trying the steps again'), (job) =>
      this.#shown(this.session.change(leaveAlone, { names }, job)),
    );
  }

  /** Calibrates, evaluates and measures all layers; what settles is shown at once. */
  async measure(sensitivity: boolean): Promise<void> {
    const title = sensitivity ? t('Measuring sensitivity') : t('Measuring on samples');
    await this.door.ask(
      title,
      (job) => this.#measured(this.session.look(measureModel, { sensitivity }, job)),
      sensitivity ? 'measureSensitivity' : 'calibrateAndMeasure',
    );
  }

  /** Stops what is measured in the background; what was measured stays. */
  async stopMeasuring(): Promise<void> {
    await this.#shown(this.session.look(stopMeasuring, {}));
  }

  /** Forgets what a stopped measurement left half done. */
  async discardMeasured(): Promise<void> {
    await this.#shown(this.session.look(discardMeasured, {}));
  }

  /** Brings back the biases from before a correction; a change. */
  async removeCorrection(): Promise<void> {
    await this.door.apply(t('Removing bias correction'), (job) =>
      this.session.edit(removeCorrection, {}, job),
    );
  }

  /** Writes encodings, a QDQ model or the layers table; gives what is to be said of it. */
  async exportTo(to: Uri, what: ExportParams['what']): Promise<readonly string[] | undefined> {
    const params = { to: to.toString(), what };
    const reply = await this.door.ask(t('Exporting'), (job) =>
      this.session.change(exportResult, params, job),
    );
    return reply?.notes;
  }

  /** Takes encodings from a file and freezes them; gives what is to be said of them. */
  async loadEncodings(from: Uri): Promise<readonly string[] | undefined> {
    return this.door.ask(t('Loading encodings'), async (job) => {
      const params = { from: from.toString() };
      const { state, notes } = await this.session.change(loadEncodings, params, job);
      this.door.take(state);
      return notes;
    });
  }

  /** One sample as the network will see it. Throws what the server says. */
  previewSample(index: number): Promise<SamplePreview> {
    return this.session.look(previewSample, { index });
  }

  /** A change of the model ends the request; the server then measures on in the background. */
  async #measured(reply: Promise<ModelState>): Promise<void> {
    try {
      await this.#shown(reply);
    } catch (thrown) {
      if (!(thrown instanceof Refused) || thrown.fault.code !== 'superseded') throw thrown;
    }
  }

  /** A state is taken in at once: another request may bring a newer one. */
  async #shown(reply: Promise<ModelState>): Promise<ModelState> {
    const state = await reply;
    this.door.take(state);
    return state;
  }
}

/** The dimension whose size samples wait for: one that was not asked for yet. */
function openDimension(thrown: unknown, data: DataChoice | undefined): string | undefined {
  if (!(thrown instanceof Refused)) return undefined;
  const { code, where, remedy = '' } = thrown.fault;
  // Other shapes that are not known have other remedies.
  const isAskable = code === 'dynamic-dimension' && remedy.includes('"dims"');
  return isAskable && where !== undefined && !(where in (data?.dims ?? {})) ? where : undefined;
}
