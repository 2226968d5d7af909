import { tmpdir } from 'node:os';
import type { Job } from '../core/job.ts';
import { forecastSteps, forecastStructure, isSmall } from '../session/forecast.ts';
import type { Session } from '../session/session.ts';
import { SpillFile } from '../session/spill.ts';
import { isFileChanged } from '../session/writeOver.ts';
import { joinFindings, stateOf } from '../toWire/modelState.ts';
import { version } from '../version.ts';
import { openedFindings, toNamed } from './openedFindings.ts';
import { filesOf, originOf } from './origin.ts';
import type { OpenedFindings, ReportInput, ReportOrigin } from './reportInput.ts';

/** The open model as it is shown, for a report. */
export async function sessionReport(session: Session, job: Job, now?: Date): Promise<ReportInput> {
  const { verdict, preview, isComplete, measuring, stopped, ...state } = stateOf(session);
  const { data } = session.state;
  const unfinished = [
    ...(isComplete ? [] : ['The weights were still being measured when this was written.']),
    ...(measuring ? [`Measuring was under way: ${measuring.detail}`] : []),
    ...(stopped === undefined ? [] : [stopped]),
  ].map((message) => ({ code: 'unfinished', severity: 'warning', message }));
  return {
    ...state,
    ...(session.shownChanges.length > 0 ? { opened: await openedPart(session, job) } : {}),
    verdict: verdict
      .filter(({ command }) => command === undefined)
      .map(({ text }) => text)
      .join(''),
    madeBy: 'Rangefinder in VS Code',
    version,
    isPreview: preview !== undefined,
    origin: await originOf(filesOf(session.state.document), await savedState(session), job, now),
    issues: [...unfinished, ...state.issues],
    seed: session.seed,
    ...(data ? { indices: data.indices } : {}),
    settings: [
      { name: 'Engine', value: session.context().engine?.name ?? 'none' },
      { name: 'Node', value: process.version },
    ],
  };
}

/** Whether the file on disk is what is open, with what was applied to it. */
export async function savedState(
  session: Session,
): Promise<Pick<ReportOrigin, 'isUnsaved' | 'isChangedOnDisk'>> {
  const { applied, saved, fileHash } = session.state;
  const ids = applied.map(({ id }) => id);
  return {
    isUnsaved: ids.length !== saved.length || ids.some((id, at) => id !== saved[at]),
    // The command line opens files that it keeps no hash of.
    isChangedOnDisk: fileHash !== '' && (await isFileChanged(session)),
  };
}

/** What was wrong with the model as it was opened, by its weights and on the samples. */
async function openedPart({ state, measurer }: Session, job: Job): Promise<OpenedFindings> {
  const { base, target, leftAlone, chosen } = state;
  const spill = new SpillFile(tmpdir(), `rangefinder-report-${process.pid}-${++reports}.spill`);
  try {
    const forecast = isSmall(base)
      ? await forecastSteps(base, spill, job, { leftAlone, chosen })
      : await forecastStructure(base, job, chosen);
    const found = await openedFindings(base, target, forecast, job);
    const { measurement } = measurer;
    const opened = measurement?.isStale ? undefined : measurement?.opened;
    const before = measurement && opened ? { ...measurement, now: opened } : undefined;
    return { findings: joinFindings(found, before), layers: found.layers.map(toNamed) };
  } finally {
    spill.dispose();
  }
}

/** Two reports may be made at a time. */
let reports = 0;
