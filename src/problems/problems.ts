import type {
  FindingRow,
  LayerRow,
  ModelState,
  Remedy,
  RunStepId,
} from '../../server/protocol/model.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import { fromWire } from '../../server/protocol/wire.ts';
import { t } from '../l10n.ts';

/** From when on something is a problem, and what is none. */
export interface ProblemLimits {
  readonly ignore: readonly string[];
  /** A layer that keeps less than this, in dB, is a problem; 0: none is. */
  readonly weakLayerDb: number;
}

/** What helps: steps to preview, or another target. */
export interface ProblemRemedy {
  readonly label: string;
  /** `36.7 instead of 6.6 dB of the weights`; absent: it was not measured. */
  readonly gain?: string;
  /** One, or several one after the other. */
  readonly steps?: readonly RunStepId[];
  readonly target?: TargetSettings;
}

/** One line of the Problems panel. */
export interface Problem {
  /** Of a finding, and the name of its page. */
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'information';
  /** One sentence with number and limit, and one with the way out. */
  readonly message: string;
  readonly remedies: readonly ProblemRemedy[];
  /** Name of the layer that it is about, or the worst of them; absent: it is about the model. */
  readonly layer?: string;
}

/** More weak layers than these are counted, not listed. */
const mostLayers = 50;
/** Findings that say that layers cannot be quantized at all. */
const blocking: ReadonlySet<string> = new Set(['not-finite']);

/** What is wrong with a model at its target, worst first. */
export function problemsOf(state: ModelState, { ignore, weakLayerDb }: ProblemLimits): Problem[] {
  const { findings, layers } = state;
  const names = new Map(layers.map(({ id, name }) => [id, name]));
  const weak = ignore.includes('weak-layer') ? [] : weakLayers(state, weakLayerDb);
  const others = findings
    .filter(({ code, mark }) => code !== 'weak-layer' && mark !== 'fine' && !ignore.includes(code))
    .map((finding) => problemOf(finding, names));
  const errors = others.filter(({ severity }) => severity === 'error');
  return [...errors, ...weak, ...others.filter(({ severity }) => severity !== 'error')];
}

function problemOf(finding: FindingRow, names: ReadonlyMap<number, string>): Problem {
  const { code, mark, title, remedies } = finding;
  const severity = blocking.has(code) ? 'error' : mark === 'hurts' ? 'warning' : 'information';
  const [worst] = finding.layers;
  const layer = worst === undefined ? undefined : names.get(worst);
  return {
    code,
    severity,
    message: sentences(title, remedies),
    remedies: usable(remedies),
    ...(layer === undefined ? {} : { layer }),
  };
}

/** A problem a layer, by the figure that the table marks it by; without samples, by its weights. */
function weakLayers(state: ModelState, limit: number): Problem[] {
  const { layers, findings, kind } = state;
  if (kind !== 'float' || limit <= 0) return [];
  const hasLogits = state.evaluation?.rows.some((row) => row.logitsSqnrDb !== undefined) ?? false;
  const weak = layers
    .flatMap((row) => {
      const kept = keptBy(row, hasLogits);
      return kept !== undefined && kept.db < limit ? [{ row, ...kept }] : [];
    })
    .sort((a, b) => a.db - b.db);
  const listed = weak.slice(0, mostLayers).map(({ row, db, how }): Problem => {
    const remedies = findings
      .filter(({ layers: ids }) => ids.includes(row.id))
      // Of what else is wrong with the layer only what was measured to help it.
      .flatMap(({ code, layers: ids, remedies: all }) => {
        const own = ids.length === 1 ? all : all.map((one) => ofLayer(one, row, ids.length));
        return code === 'weak-layer' ? own : own.filter(helps);
      });
    const what = t('{0}: {1} dB {2} (limit {3})', row.name, dbText(db), how, limit);
    return {
      code: 'weak-layer',
      severity: 'warning',
      message: sentences(what, remedies),
      remedies: usable(remedies),
      layer: row.name,
    };
  });
  const more = weak.length - mostLayers;
  const message =
    more === 1
      ? t('1 more layer keeps less than {0} dB.', limit)
      : t('{0} more layers keep less than {1} dB.', more, limit);
  return more > 0
    ? [...listed, { code: 'weak-layer', severity: 'warning', message, remedies: [] }]
    : listed;
}

/** A remedy whose figures are the lowest of so many layers, where there is more than one. */
interface SharedRemedy extends Remedy {
  readonly among?: number;
}

/** A remedy of several layers, for one: with its own figures where its row has them. */
function ofLayer(remedy: Remedy, { now }: LayerRow, among: number): SharedRemedy {
  const { of, target, isMeasured } = remedy;
  const isOfOutputs = of === 'outputs' || of === 'logits';
  if (isOfOutputs || !isMeasured) return remedy;
  const isPerChannel = target?.granularity === 'channel' && remedy.label === perChannel;
  return isPerChannel
    ? { ...remedy, fromDb: now.sqnrChosen, toDb: now.sqnrChannel }
    : { ...remedy, among };
}

/** What the server calls a scale for each channel as a remedy. */
const perChannel = 'Weights per channel';

function keptBy(row: LayerRow, hasLogits: boolean): { db: number; how: string } | undefined {
  if (!row.isMeasured || row.fault !== undefined) return undefined;
  const { alone, local = 'nan' } = row.data?.now ?? {};
  const ofAll = hasLogits
    ? t('of the logits with only this layer quantized')
    : t('of the outputs with only this layer quantized');
  const figures = [
    { db: fromWire(alone ?? 'nan'), how: ofAll },
    { db: fromWire(local), how: t('of its own output with only this layer quantized') },
    {
      db: fromWire(row.now.estimated ?? 'nan'),
      how: t('by estimate of its own output with only its weights rounded'),
    },
    { db: fromWire(row.now.sqnrChosen), how: t('from rounding its weights') },
  ];
  return figures.find(({ db }) => !Number.isNaN(db));
}

/** What is wrong, and the remedy that was measured to help most. */
function sentences(what: string, remedies: readonly Remedy[]): string {
  const [best] = remedies.filter(helps).sort(byGain);
  const text = `${what.replace(/\.$/, '')}.`;
  return best ? `${text} ${best.label}: ${gainText(best)}.` : text;
}

function gainText(remedy: SharedRemedy): string {
  const [was, then] = [dbText(fromWire(remedy.fromDb)), dbText(fromWire(remedy.toDb))];
  const text = t('{0} instead of {1} dB of the {2}', then, was, figureOf(remedy));
  // Of one layer it is that one's.
  const isAlone = remedy.among === undefined || remedy.among === 1;
  return isAlone ? text : t('{0}, the lowest of {1} layers', text, remedy.among);
}

const figureOf = ({ of = 'weights' }: Remedy): string =>
  ({
    weights: t('weights'),
    estimate: t('estimated output of a layer alone'),
    outputs: t('outputs'),
    logits: t('logits'),
  })[of];

/** In dB; of what was not measured none is known. */
const gainOf = ({ isMeasured, fromDb, toDb }: Remedy): number =>
  isMeasured ? fromWire(toDb) - fromWire(fromDb) : 0;

const helps = (remedy: Remedy): boolean => gainOf(remedy) > 0;

const byGain = (a: Remedy, b: Remedy): number => gainOf(b) - gainOf(a);

/** What can be done from here, the best first; what was measured to harm is not offered. */
const usable = (remedies: readonly Remedy[]): ProblemRemedy[] => {
  const seen = new Set<string>();
  const sound = remedies.filter((remedy) => !(gainOf(remedy) < 0));
  return sound.toSorted(byGain).flatMap((remedy) => {
    const { label, step, steps: several, target } = remedy;
    const steps = several ?? (step ? [step] : undefined);
    if ((steps === undefined && target === undefined) || seen.has(label)) return [];
    seen.add(label);
    const gain = helps(remedy) ? { gain: gainText(remedy) } : {};
    return { label, ...gain, ...(steps ? { steps } : {}), ...(target ? { target } : {}) };
  });
};

const dbText = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(1).replace('-', '−') : value > 0 ? 'exact' : 'no';
