/**
 * The folders outside of the workspace in which a settings file of a model would be the one that is
 * obeyed, nearest first: those from the model up to the file that is obeyed now, or up to the root.
 * Paths are those of addresses, with `/`.
 */
export function settingsFolders(
  model: string,
  settings: string | undefined,
  isInWorkspace: (folder: string) => boolean,
): string[] {
  const last = settings === undefined ? '/' : parentOf(settings);
  const folders: string[] = [];
  for (let folder = parentOf(model); ; folder = parentOf(folder)) {
    if (!isInWorkspace(folder)) folders.push(folder);
    if (folder === last || folder === '/') return folders;
  }
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
