import type { Uri } from 'vscode';
import type { DataChoice } from '../../server/protocol/data.ts';
import type { ModelSettings } from '../../server/protocol/modelSettings.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import type { KeptChoices } from '../keptChoices.ts';
import type { SettingsChange } from '../settingsFiles.ts';

/** A model as its samples are opened with it. */
export interface SampledModel {
  readonly uri: Uri;
  readonly state: ModelState | undefined;
  readonly data: {
    readonly choice: DataChoice | undefined;
    choose(data: DataChoice | undefined): Promise<boolean>;
    measure(sensitivity: boolean): Promise<void>;
  };
}

/** What opening samples by themselves needs to know. */
export interface BesideParts {
  readonly choices: KeptChoices;
  /** The settings file of a model. */
  readonly read: (model: Uri) => Promise<ModelSettings>;
  readonly isTrusted: () => boolean;
}

/**
 * Opens the samples of a model by themselves: those that were chosen last, else those that its
 * `rangefinder.json` names. In a workspace that is not trusted, none.
 */
export async function openSamplesOf(model: SampledModel, parts: BesideParts): Promise<void> {
  if (!parts.isTrusted() || model.state?.kind !== 'float' || model.data.choice) return;
  const { choices } = parts;
  const isKept = choices.has(model.uri);
  const samples = isKept ? choices.get(model.uri) : (await parts.read(model.uri)).data;
  if (samples) await model.data.choose(samples);
}

/**
 * Obeys a settings file that changed: samples that were taken from it follow it, others are opened
 * again as it says that they become inputs. What was measured is measured again.
 */
export async function followSettings(
  model: SampledModel,
  change: SettingsChange,
  choices: KeptChoices,
): Promise<void> {
  const { before, now } = change;
  if (model.state?.kind !== 'float' || !before || before.dataText === now.dataText) return;
  // While it is being written, or wrong: what is open stays.
  if (now.dataText === undefined) return;
  const { choice } = model.data;
  // What nobody chose is the file's, also where what it said last could not be opened.
  const isFromFile = !choices.has(model.uri);
  const next = isFromFile ? now.data : choice;
  // None are chosen once more where some could not be opened: what was said of that is over.
  const isFailed = isFromFile && before.data !== undefined;
  if (next === undefined && choice === undefined && !isFailed) return;
  const wasMeasured = model.state.evaluation !== undefined;
  if ((await model.data.choose(next)) && next && wasMeasured) await model.data.measure(false);
}
