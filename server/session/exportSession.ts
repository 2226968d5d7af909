import { basename } from 'node:path';
import { writeEncodings } from '../core/encodings/writeEncodings.ts';
import type { Job } from '../core/job.ts';
import { nounText } from '../core/reports/words.ts';
import { writeFileAtomic } from '../files.ts';
import type { ExportParams } from '../protocol/requests.ts';
import { calibrate, type Calibration } from '../quantize/calibrate.ts';
import { calibrationNotes } from '../quantize/calibrationNotes.ts';
import type { QuantizeContext } from '../quantize/context.ts';
import { contextOf } from '../quantize/contextOf.ts';
import { exportQdq } from '../quantize/exportQdq.ts';
import { runPass } from '../runSteps.ts';
import { noEngine, Refused, refusedFile } from '../refused.ts';
import { version as ownVersion } from '../version.ts';
import { frozenFor } from './frozenEncodings.ts';
import { notesFor } from './saveSession.ts';
import type { Session } from './session.ts';
import { samplesFor } from './sessionData.ts';

type What = Exclude<ExportParams['what'], { readonly kind: 'table' | 'report' | 'comparison' }>;

/** Writes what the target makes of the applied model, batch norms folded as every target does. */
export async function exportSession(
  session: Session,
  path: string,
  what: What,
  job: Job,
): Promise<readonly string[]> {
  refuseWithoutFloats(session);
  const { data } = session.state;
  const { context, calibration } = await calibrated(session, what, job);
  const failures = calibration.failures.slice(0, 3);
  const said = [
    ...failures.map(({ index, reason }) => `Sample ${index} was left out: ${reason}`),
    ...calibrationNotes(calibration).map(({ message }) => message),
  ];
  if (what.kind === 'qdq') {
    const on = data && samplesFor(data, 'calibration');
    const written = await exportQdq(context, calibration, path, notesFor(session), job, on);
    if (!written.ok) throw refusedFile(written.error);
    const { notes, agreement } = written.value;
    const steps = agreement?.mostSteps.toFixed(1) ?? '';
    const agreed = agreement
      ? [
          `It ran on ${nounText(agreement.samples, 'sample')}, at most ${steps} steps from the simulation.`,
        ]
      : [];
    return [...agreed, ...notes, ...said];
  }
  const text = writeEncodings(calibration.encodings, {
    version: what.version,
    target: context.target,
    producer: { package: 'rangefinder', version: ownVersion },
  });
  if (!text.ok) throw new Refused({ ...text.error, remedy: 'Write version 1.0.0 instead.' });
  const written = await writeFileAtomic(path, text.value, { overwrite: true });
  if (!written.ok) throw refusedFile(written.error);
  const isPartial = !data && context.target.activationBits !== 'float';
  return isPartial
    ? ['Weights only: the ranges of activations need samples. Biases of 32 bits need them too.']
    : said;
}

/** The applied graph with its grids. */
async function calibrated(
  session: Session,
  what: What,
  job: Job,
): Promise<{ readonly context: QuantizeContext; readonly calibration: Calibration }> {
  const { data, graph } = session.state;
  const { document, engine, target, seed } = session.context();
  const needsData = target.activationBits !== 'float';
  if (what.kind === 'qdq' && needsData && !data) {
    throw new Refused({
      code: 'no-data',
      message: 'A quantized model needs the ranges of its activations, and there are no samples.',
      where: session.name,
      remedy: 'Choose samples, use synthetic inputs, or a target with float activations.',
    });
  }
  if (!engine) throw noEngine();
  const folded = await runPass(graph, 'fold', {}, job);
  const on = data && samplesFor(data, 'calibration');
  const parts = { document, graph: folded.graph, engine, target, seed };
  const made = await contextOf(parts, on, job);
  if (!made.ok) throw refusedFile(made.error);
  const frozen = frozenFor(session.state.frozen, made.value);
  const calibration = await calibrate(made.value, needsData ? on : undefined, job, frozen);
  return { context: made.value, calibration };
}

function refuseWithoutFloats({ kind, name }: Session): void {
  if (kind === 'float') return;
  throw new Refused({
    code: kind,
    message: `${basename(name)} has no float weights, so that there is nothing to quantize.`,
    where: name,
    remedy: 'Open the float model that it was made from.',
  });
}
