import { URI } from 'vscode-uri';
import type { ProblemSettings } from '../protocol/problems.ts';
import { refusedFile } from '../refused.ts';
import { BadFile } from '../formats/badFile.ts';
import { problemSettings } from '../settingsFile.ts';

/** What the `rangefinder.json` of a model says of its problems; the model need not be open. */
export function readProblemSettings({ uri }: { readonly uri: string }): Promise<ProblemSettings> {
  try {
    return Promise.resolve(problemSettings(URI.parse(uri).fsPath));
  } catch (thrown) {
    if (thrown instanceof BadFile) throw refusedFile(thrown.fault);
    throw thrown;
  }
}
