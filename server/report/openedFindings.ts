import type { Finding } from '../core/diagnose/finding.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { Layer } from '../core/graph/layer.ts';
import type { Job } from '../core/job.ts';
import { reportLayers } from '../core/reports/weightReport.ts';
import { findingsOf, measureForecast, reportedLayers } from '../diagnoseModel.ts';
import type { TargetSettings } from '../protocol/target.ts';
import type { Forecast } from '../session/forecast.ts';
import type { OpenedFindings } from './reportInput.ts';

/** What the weights show of a model before anything was changed, on the target of now. */
export async function openedFindings(
  graph: Graph,
  target: TargetSettings,
  forecast: Forecast,
  job: Job,
): Promise<{ readonly findings: readonly Finding[]; readonly layers: readonly Layer[] }> {
  const layers = reportedLayers(graph);
  const reports = await reportLayers(layers, target, job);
  const after = forecast.isMeasured ? await measureForecast(forecast, target, job) : undefined;
  return { findings: await findingsOf(graph, target, reports, forecast, after, job), layers };
}

/** A layer as findings name it. */
export const toNamed = ({ node, name }: Layer): OpenedFindings['layers'][number] => ({
  id: node.id,
  name,
});
