import * as vscode from 'vscode';
import type { RunningJob } from './job.ts';

/** What is over by then needs no notice. */
const noticeAfterMs = 1000;

/**
 * Shows a job that takes longer than a second. While a page of the model is in view the page has
 * its own line with a button to stop, so a word in the status bar is enough.
 */
export async function showProgress(
  job: RunningJob,
  name: string,
  isInView: () => boolean,
): Promise<void> {
  const isOver = await Promise.race([job.ended.then(() => true), later(noticeAfterMs)]);
  if (isOver) return;
  const location = isInView()
    ? vscode.ProgressLocation.Window
    : vscode.ProgressLocation.Notification;
  const title = `${job.view.title} (${name})`;
  await vscode.window.withProgress(
    { location, title, cancellable: true },
    async (progress, stop) => {
      let reached = 0;
      const tell = (): void => {
        const { detail, share } = job.view;
        const percent = share === undefined ? reached : Math.max(reached, share * 100);
        progress.report({ message: detail, increment: percent - reached });
        reached = percent;
      };
      const watching = job.onChange(tell);
      const stopping = stop.onCancellationRequested(() => job.stop());
      tell();
      await job.ended;
      watching.dispose();
      stopping.dispose();
    },
  );
}

const later = (ms: number): Promise<false> =>
  new Promise((resolve) => setTimeout(() => resolve(false), ms));
