import type { Uri } from 'vscode';
import type { Host } from '../host.ts';
import { t } from '../l10n.ts';

/** What can be done with a file that was written, by the button that does it. */
type Ways = Readonly<Record<string, () => Promise<unknown>>>;

/** Says that a file was written, with ways to look at it. */
export function tellWritten(host: Host, to: Uri, notes: readonly string[] = []): void {
  const name = to.path.slice(to.path.lastIndexOf('/') + 1);
  const ways = waysTo(host, to);
  // Not waited for: the notice stays until it is read.
  void host
    .tell([t('{0} was written.', name), ...notes].join(' '), ...Object.keys(ways))
    .then((button) => (button === undefined ? undefined : ways[button]?.()));
}

/** A page is for the browser, everything else for the editor. */
function waysTo(host: Host, to: Uri): Ways {
  const inEditor = (): Promise<void> => host.execute('vscode.open', to);
  if (!/\.html?$/i.test(to.path)) return { [t('Open')]: inEditor };
  if (host.hasBrowser) {
    return {
      [t('Open in browser')]: async () => {
        if (!(await host.openOutside(to))) await inEditor();
      },
      [t('Show source')]: inEditor,
    };
  }
  // From the Explorer view it can be downloaded to where there is a browser.
  const reveal = (): Promise<void> => host.execute('revealInExplorer', to);
  return {
    ...(host.isInWorkspace(to) ? { [t('Show in Explorer')]: reveal } : {}),
    [t('Show source')]: inEditor,
  };
}
