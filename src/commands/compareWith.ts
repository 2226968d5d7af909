import type { Uri } from 'vscode';
import type { OtherSource } from '../../server/protocol/compare.ts';
import { fileAtRevision, fileOnDisk, type OtherFile } from '../gitFiles.ts';
import { shortRef, type Revision } from '../gitRevisions.ts';
import type { ActiveModel, Choice, Host } from '../host.ts';
import { toFault, toSentence } from '../server/answers.ts';
import { modelOr } from './command.ts';
import { t } from '../l10n.ts';

/** A file of the disk, which is compared again when it is written. */
export const watchedFile = (host: Host, uri: Uri, title?: string): OtherFile =>
  fileOnDisk(uri, (changed) => host.watchFile(uri, changed), title);

/** Asks for another model where there is something to ask, and compares the one in view with it. */
export async function compareCommand(
  host: Host,
  source: OtherSource,
  argument?: unknown,
): Promise<void> {
  const model = await modelOr(host, argument, 'layers');
  if (!model) return;
  const file = await otherFile(host, model, source);
  if (file) await showComparison(host, model, file);
}

/** Opens the comparison of another model with the one in view as it is now. */
export async function showComparison(
  host: Host,
  model: ActiveModel,
  file: OtherFile,
): Promise<void> {
  host.showTab('compare');
  await model.comparison.compare([file, 'now']);
}

/** The other model; undefined where the user thought better of it. */
export async function otherFile(
  host: Host,
  model: ActiveModel,
  source: OtherSource,
): Promise<OtherFile | undefined> {
  const { revisions } = host;
  switch (source) {
    case 'file':
      return pickFile(host, model);
    case 'lastCommit':
      return fileAtRevision(revisions, model.uri, await revisions.last(model.uri));
    case 'revision': {
      const found = await revisions.list(model.uri);
      const revision = await host.choose(
        t('Compare {0} with revision', model.name),
        linesOf(found),
      );
      return revision && fileAtRevision(revisions, model.uri, revision);
    }
  }
}

/** One line a commit: its message, its short name, who and when. */
const linesOf = (revisions: readonly Revision[]): Choice<Revision>[] =>
  revisions.map((revision) => {
    const { ref, subject, author, date } = revision;
    const when = date?.toISOString().slice(0, 16).replace('T', ' ') ?? '';
    return {
      label: subject,
      description: shortRef(ref),
      detail: [author, when].filter(Boolean).join(', '),
      value: revision,
    };
  });

/** A model of the workspace, or any other by the dialog, which is asked at once where there is none. */
async function pickFile(host: Host, model: ActiveModel): Promise<OtherFile | undefined> {
  const own = model.uri.toString();
  const { models, isCut } = await host.workspaceModels();
  const found = models.filter((uri) => uri.toString() !== own);
  const title = t('Compare {0} with file', model.name);
  let uri: Uri | 'browse' | undefined = 'browse';
  if (found.length > 0) {
    const browse: Choice<Uri | 'browse'> = {
      label: t('Browse…'),
      value: 'browse',
      ...(isCut ? { description: t('The workspace has more models than are listed here') } : {}),
    };
    uri = await host.choose(title, [...found.map((one) => lineOf(host, one)), browse]);
  }
  if (uri === 'browse') uri = await host.pickModelFile(title);
  return uri && watchedFile(host, uri);
}

const lineOf = (host: Host, uri: Uri): Choice<Uri | 'browse'> => ({
  label: uri.path.slice(uri.path.lastIndexOf('/') + 1),
  description: host.folderOf(uri),
  value: uri,
});

/** Puts another model on one side, as a page asks for it; what cannot be had is told. */
export async function pickSide(
  host: Host,
  model: ActiveModel,
  slot: 0 | 1,
  source: OtherSource,
): Promise<void> {
  try {
    const file = await otherFile(host, model, source);
    if (file) await model.comparison.choose(slot, file);
  } catch (thrown) {
    await host.tell(toSentence(toFault(thrown)));
  }
}
