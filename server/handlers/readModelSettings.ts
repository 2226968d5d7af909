import { URI } from 'vscode-uri';
import { checkRanges } from '../checkRanges.ts';
import { readWholeJson } from '../core/json/wholeJson.ts';
import { faultOf, modelSettings, problemsOf } from '../modelSettings.ts';
import type { ModelSettings, SettingsFault } from '../protocol/modelSettings.ts';
import type { Sessions } from '../sessions.ts';
import { settingsText } from '../settingsFile.ts';

/** What the `rangefinder.json` of a model says; the model need not be open. */
export async function readModelSettings(
  sessions: Sessions,
  { uri }: { readonly uri: string },
): Promise<ModelSettings> {
  const model = URI.parse(uri).fsPath;
  const settings = modelSettings(model);
  // Samples of another model are none of its own.
  if (settings.path === undefined || !settings.data) return settings;
  const late = await rangeFaults(settings.path, sessions, model);
  return { ...settings, faults: [...settings.faults, ...late] };
}

async function rangeFaults(
  path: string,
  sessions: Sessions,
  model: string,
): Promise<SettingsFault[]> {
  const read = settingsText(path);
  const root = read.ok ? readWholeJson(read.value).root : undefined;
  if (!read.ok || !root) return [];
  const issues = await checkRanges(root, path, sessions.at(model)?.state.base.inputs);
  return problemsOf(read.value, issues).map(faultOf);
}
