import type { Layer } from '../core/graph/layer.ts';
import type { AbsorbApplied } from '../core/passes/absorbHighBias.ts';
import type { ClearApplied } from '../core/passes/clearDeadChannels.ts';
import type { EqualizeApplied } from '../core/passes/equalizeLayers.ts';
import type { FoldApplied } from '../core/passes/foldBatchNorm.ts';
import type { Skip } from '../core/passes/pass.ts';
import { unreachable } from '../core/result.ts';
import type { LedgerRow } from '../protocol/model.ts';
import type { StepRecord } from '../session/changeLog.ts';
import { leftOutSets, measuredRefusals, offeredPlaces } from '../session/openPlaces.ts';
import type { Forecast } from '../session/forecast.ts';
import type { LayerCorrection } from '../quantize/correct.ts';
import type { DataStepId } from '../quantize/dataRepair.ts';
import type { StepId } from '../steps.ts';
import { countText, rangeText, timesText } from '../core/reports/words.ts';
import { commonReason, isNotNeeded } from './reasons.ts';
import { stepTitle } from './stepTitle.ts';
import { isUntilFolded, unblocking } from './unblocking.ts';

/** Every place that a step looked at: what was done there, what could be, and why not. */
export function ledgerOf(
  layers: readonly Layer[],
  records: readonly StepRecord[],
  forecast: Forecast | undefined,
): LedgerRow[] {
  const idOf = layerIds(layers);
  const canFold = (forecast?.results.get('fold')?.applied.length ?? 0) > 0;
  const rows: LedgerRow[] = [];
  for (const record of records) {
    const isLeftOut = record.notKept !== undefined;
    for (const place of record.applied) {
      const row = placeRow(record.step, place, record.isExact, idOf);
      const why = isLeftOut ? notKeptFields(record) : {};
      rows.push({ ...row, ...why, outcome: isLeftOut ? 'refused' : 'done' });
    }
    // What a dry run of the graph as it is refuses says more than what was refused on the way.
    const isDry = forecast?.results.has(record.step as StepId);
    const left = new Set(record.leftOut?.sets.map((set) => set.join(', ')));
    const others = record.skipped.filter(({ place }) => !left.has(place));
    if (!isDry) rows.push(...others.map((skip) => skipRow(record.step, skip, idOf, canFold)));
  }
  for (const { layers: names, why } of leftOutSets(records)) {
    const ids = names.map(idOf).filter((id) => id !== undefined);
    const place = { step: stepTitle.equalize, place: names.join(' → '), layers: ids, channels: '' };
    const reason = notKeptFields({ step: 'equalize', notKept: why });
    rows.push({ outcome: 'refused', ...place, ...reason });
  }
  if (forecast?.results.has('absorb'))
    rows.push(...measuredRefusals(records).map((skip) => skipRow('absorb', skip, idOf, canFold)));
  const leftOut = new Set(records.flatMap((r) => (r.notKept === undefined ? [] : [r.step])));
  for (const [step, { skipped, isExact }] of forecast?.results ?? []) {
    // A repair has listed the places of a step that it left out, with its judgement.
    for (const place of leftOut.has(step) ? [] : offeredPlaces(forecast, step, records)) {
      rows.push({ ...placeRow(step, place, isExact, idOf), outcome: 'available' });
    }
    rows.push(...skipped.map((skip) => skipRow(step, skip, idOf, canFold)));
  }
  return rows;
}

/** Of the places of a step that a repair did not keep. */
function notKeptFields({
  step,
  notKept,
}: Pick<StepRecord, 'step' | 'notKept'>): Pick<LedgerRow, 'code' | 'why' | 'unblock' | 'action'> {
  const action = unblocking(step, 'not-kept', { canFold: false, remedy: undefined });
  return {
    code: 'not-kept',
    why: notKept ?? '',
    unblock: 'Take the step by hand: it can be previewed, and undone.',
    ...(action ? { action } : {}),
  };
}

type IdOf = (name: string) => number | undefined;

function layerIds(layers: readonly Layer[]): IdOf {
  const ids = new Map<string, number>();
  for (const { name, node } of layers) if (!ids.has(name)) ids.set(name, node.id);
  return (name) => ids.get(name);
}

function skipRow(step: DataStepId, skip: Skip, idOf: IdOf, canFold: boolean): LedgerRow {
  const { code, place, reason, remedy, channels } = skip;
  const names = place.split(/ → |, /);
  const layers = names.map(idOf).filter((id) => id !== undefined);
  const own = sentence(reason, names);
  const shared = commonReason(step, code);
  const isNothing = isNotNeeded(code);
  const action = isNothing ? undefined : unblocking(step, code, { canFold, remedy });
  // To fold first is no advice where nothing is left to fold.
  const isMoot = isUntilFolded(code) && !action;
  return {
    outcome: isNothing ? 'not-needed' : 'refused',
    step: stepTitle[step],
    place: place.split(', ').join(' → '),
    layers,
    channels: channels ? `${countText(channels.left)} of ${countText(channels.of)}` : '',
    code,
    why: shared ?? own,
    ...(shared === undefined ? {} : { detail: own }),
    unblock: remedy === undefined || isMoot ? '' : sentence(remedy),
    ...(action ? { action } : {}),
  };
}

function placeRow(
  step: DataStepId,
  place: object,
  isExact: boolean,
  idOf: IdOf,
): Omit<LedgerRow, 'outcome'> {
  const row = (names: readonly string[], more: Partial<LedgerRow>): Omit<LedgerRow, 'outcome'> => ({
    step: stepTitle[step],
    place: names.join(' → '),
    layers: names.map(idOf).filter((id) => id !== undefined),
    channels: '',
    code: '',
    why: '',
    unblock: '',
    ...more,
  });
  const exact = isExact ? ', exact' : '';
  switch (step) {
    case 'fold': {
      const { layer, batchNorm, direction } = place as FoldApplied;
      const names = direction === 'forward' ? [batchNorm, layer] : [layer, batchNorm];
      return row(direction === 'standalone' ? [batchNorm] : names, {
        code: direction,
        why: foldWords[direction],
      });
    }
    case 'clear': {
      const { maker, reader, channels, constant } = place as ClearApplied;
      const isDead = channels.every((_, at) => constant[at] === 0);
      const what = isDead ? 'Always 0' : 'Always one number';
      const why = `${what}, for inputs up to ±2³¹: the weights that make and read them do nothing. Exact.`;
      return row([maker, reader], {
        code: isDead ? 'dead' : 'constant',
        channels: countText(channels.length),
        why,
      });
    }
    case 'equalize': {
      const { layers, scale, capsAdded, spreadBefore, spreadAfter } = place as EqualizeApplied;
      const kind =
        layers.length === 2 ? 'Pair' : layers.length === 3 ? 'Triple' : `Chain of ${layers.length}`;
      const caps = capsAdded > 0 ? '; ReLU6 bound kept for each channel' : '';
      const detail = `Spread of the ranges ${timesText(spreadBefore)} → ${timesText(spreadAfter)}.`;
      const [factors] = scale;
      return row(layers, {
        code: 'scaled',
        channels: factors ? countText(factors.length) : '',
        why: `${kind}${caps}${exact}.`,
        ...(factors ? { detail } : {}), // a look at the structure measures nothing
      });
    }
    case 'absorb': {
      const { layers, channels, of, borderEffect } = place as AbsorbApplied;
      const detail = `At the border outputs move by up to ${rangeText(borderEffect)}.`;
      return row(layers, {
        code: 'absorbed',
        channels: `${countText(channels)} of ${countText(of)}`,
        why: `The next layer carries what a channel always exceeds${exact}.`,
        ...(borderEffect > 0 ? { detail } : {}),
      });
    }
    case 'correct': {
      const { name, method, errorBefore, errorAfter, biasAdded, channels } =
        place as LayerCorrection;
      const isExpected = errorAfter === undefined && method !== 'empirical';
      const left = errorAfter === undefined ? '' : ` → ${rangeText(errorAfter)}`;
      return row([name], {
        code: method,
        channels: countText(channels),
        why: correctWords[method],
        detail: `${isExpected ? 'Expected mean' : 'Mean'} error of a channel ${rangeText(errorBefore)}${left}${biasAdded ? '; it had no bias and got one' : ''}.`,
      });
    }
    case 'relu6':
      return row([], { code: 'replaced' });
    default:
      return unreachable(step);
  }
}

const correctWords: Readonly<Record<LayerCorrection['method'], string>> = {
  empirical: 'The bias takes back the mean error that was measured on the samples.',
  analytical: 'The bias takes back the mean error that the batch norms tell.',
  given: 'The bias takes back the mean error of the input means that were given.',
};

const foldWords: Readonly<Record<FoldApplied['direction'], string>> = {
  backward: 'Backward, exact.',
  forward: 'Forward, exact.',
  standalone: 'No layer to fold into: turned into a pure scale and shift, exact.',
};

/** A reason as a sentence of its own; one that begins with a name of the user's keeps its letters. */
function sentence(text: string, names: readonly string[] = []): string {
  const isName = names.some((name) => text.startsWith(name));
  const begun = isName ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
