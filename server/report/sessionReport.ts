import type { Session } from '../session/session.ts';
import { stateOf } from '../toWire/modelState.ts';
import { version } from '../version.ts';
import { sampleSettings } from './indexText.ts';
import type { ReportInput } from './reportInput.ts';

/** The open model as it is shown, for a report. */
export function sessionReport(session: Session): ReportInput {
  const { verdict, preview, isComplete, measuring, stopped, ...state } = stateOf(session);
  const { data } = session.state;
  const unfinished = [
    ...(isComplete ? [] : ['The weights were still being measured when this was written.']),
    ...(measuring ? [`Measuring was under way: ${measuring.detail}`] : []),
    ...(stopped === undefined ? [] : [stopped]),
  ].map((message) => ({ code: 'unfinished', severity: 'warning', message }));
  return {
    ...state,
    verdict: verdict
      .filter(({ command }) => command === undefined)
      .map(({ text }) => text)
      .join(''),
    madeBy: 'Rangefinder in VS Code',
    version,
    isPreview: preview !== undefined,
    issues: [...unfinished, ...state.issues],
    settings: [
      { name: 'Seed', value: String(session.seed) },
      { name: 'Engine', value: session.context().engine?.name ?? 'none' },
      { name: 'Node', value: process.version },
      ...(data ? sampleSettings(data.indices) : []),
    ],
  };
}
