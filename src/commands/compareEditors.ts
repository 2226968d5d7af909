import type { Uri } from 'vscode';
import type { DiffSides } from '../diffSides.ts';
import { fileAtRevision, temporaryFile, type OtherFile } from '../gitFiles.ts';
import { shortRef } from '../gitRevisions.ts';
import type { Host } from '../host.ts';
import { isFile, type Command } from './command.ts';
import { showComparison, watchedFile } from './compareWith.ts';
import { t } from '../l10n.ts';

/** The button of a diff of two models: opens the comparison that two editors side by side are not. */
export const compareEditors: Command = {
  id: 'rangefinder.compareEditors',
  async run(host, argument) {
    const found = host.diffSides(isFile(argument) ? argument : undefined);
    if (!found) {
      await host.tell(t('Open the diff of two model files first.'));
      return;
    }
    const sides = found.isGuess ? await askSides(host, found) : found;
    if (!sides) return;
    const { original, modified } = sides;
    const shown = modified.scheme === 'file' ? modified : modified.with(ofDisk);
    const model = await host.openModel(shown);
    if (!model?.state) return;
    const first = await sideOf(host, original);
    host.showTab('compare');
    if (modified.scheme === 'file') await showComparison(host, model, first);
    else await model.comparison.compare([first, await sideOf(host, modified)]);
  },
};

/** Two files of one name say nothing of which of them is the older. */
function askSides(host: Host, { original, modified }: DiffSides): Promise<DiffSides | undefined> {
  return host.choose(t('Which is the changed model?'), [
    { ...lineOf(modified), value: { original, modified } },
    { ...lineOf(original), value: { original: modified, modified: original } },
  ]);
}

function lineOf(uri: Uri): { readonly label: string; readonly description: string } {
  const { path, scheme } = uri;
  const at = path.lastIndexOf('/');
  const ref = scheme === 'git' ? refOf(uri) : undefined;
  const place = scheme === 'file' ? path.slice(0, at) : scheme;
  return { label: path.slice(at + 1), description: ref === undefined ? place : shortRef(ref) };
}

const ofDisk = { scheme: 'file', authority: '', query: '', fragment: '' };

/** A side of the diff as a file: of the disk, of git's past, or of whatever else shows files. */
async function sideOf(host: Host, uri: Uri): Promise<OtherFile> {
  if (uri.scheme === 'file') return watchedFile(host, uri);
  const ref = uri.scheme === 'git' ? refOf(uri) : undefined;
  const file = uri.with(ofDisk);
  if (ref !== undefined) {
    return fileAtRevision(host.revisions, file, { ref, subject: '', author: '', date: undefined });
  }
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  const read = (at: Uri): Promise<Uint8Array> => host.readFile(uri.with({ path: at.path }));
  return temporaryFile(uri, `${name} (${uri.scheme})`, read, undefined);
}

/** The revision that git's address of a file names; `~` is what is staged. */
function refOf({ query }: Uri): string | undefined {
  try {
    const { ref } = JSON.parse(query) as { readonly ref?: unknown };
    return typeof ref !== 'string' ? undefined : ref === '~' ? '' : ref;
  } catch {
    return undefined;
  }
}
