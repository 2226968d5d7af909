import { URI } from 'vscode-uri';
import { modelSettings } from '../modelSettings.ts';
import type { ModelSettings } from '../protocol/modelSettings.ts';

/** What the `rangefinder.json` of a model says; the model need not be open. */
export const readModelSettings = ({ uri }: { readonly uri: string }): Promise<ModelSettings> =>
  Promise.resolve(modelSettings(URI.parse(uri).fsPath));
