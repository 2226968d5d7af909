import type { ComparisonView } from '../../server/protocol/compare.ts';
import type { CockpitState } from '../../server/protocol/cockpit.ts';
import type { LayerFigures, ModelState } from '../../server/protocol/model.ts';
import { revisionView } from './fixtureCompare.ts';
import { measuredModel } from './fixtureData.ts';
import { cockpitFor } from './fixtureStates.ts';
import { openedModel } from './fixtures.ts';

/** The figures of a target with a scale for each channel: they share no grid. */
const ownGrids = (figures: LayerFigures): LayerFigures => ({
  ...figures,
  range: { ...figures.range, halfStep: 0 },
  sqnrChosen: figures.sqnrChannel,
  lostChannels: 0,
});

/** A target with a scale for each channel, on which nothing is wrong; the lowest layer keeps `db`. */
export function perChannelModel(db = 42, base = openedModel()): ModelState {
  return {
    ...base,
    target: { ...base.target, granularity: 'channel' },
    targetLabel: 'W8 A8 · per channel · strict',
    verdict: [
      {
        text: 'Weights only so far. Folded, as every target does it, and with one scale per channel the lowest layer keeps ',
      },
      { text: `${db.toFixed(1)} dB`, tone: 'strong' },
      { text: ' (conv_pw_12)', keepsDb: db },
      { text: '. ' },
      { text: '0 of 28 layers', tone: 'dim' },
      { text: ' would lose more than 15 dB by sharing one scale per tensor. ' },
      { text: 'Choose samples', command: 'chooseSamples' },
      { text: ' to measure outputs.' },
    ],
    layers: base.layers.map((row) => ({
      ...row,
      mark: 'fine',
      findings: [],
      now: ownGrids(row.now),
      ...(row.before ? { before: ownGrids(row.before) } : {}),
    })),
    findings: base.findings.filter(({ mark }) => mark === 'watch'),
  };
}

/** The same with samples, which chance alone tells from float. */
export function healthyOnSamples(): ModelState {
  const base = measuredModel(false, false);
  const { evaluation } = base;
  const healthy = perChannelModel(42, base);
  if (!evaluation) return healthy;
  return {
    ...healthy,
    layers: healthy.layers.map((row) => ({
      ...row,
      ...(row.data ? { data: { now: { ...row.data.now, local: 30 + (row.id % 9) } } } : {}),
    })),
    verdict: [
      { text: 'Top-1 on 40 samples: float ' },
      { text: '55.0 %', tone: 'strong' },
      { text: ', quantized ' },
      { text: '52.5 %', tone: 'strong' },
      { text: ' (95 % interval 38–67 %)', tone: 'dim' },
      { text: '. Logits SQNR ' },
      { text: '31.2 dB', tone: 'strong' },
      { text: '.' },
    ],
    evaluation: { ...evaluation, pairedFloat: { onlyNow: 1, onlyFloat: 2, p: 1 } },
  };
}

/** Why, of a layer at that target. */
export function perChannelCockpit(layer: number, revision = 1): CockpitState {
  const cockpit = cockpitFor(layer, revision, false);
  return {
    ...cockpit,
    cause: [{ text: 'The widest channel is 171× the median. Each channel has its own scale.' }],
    sets: cockpit.sets.map((set) => ({
      ...set,
      strips: set.strips.map((strip) =>
        strip.kind === 'range' ? { ...strip, halfStep: 0 } : strip,
      ),
    })),
  };
}

/** So long a name stands nowhere: the layers differ within its first half, or at its end. */
export const endlessName = (name: string, at: number): string =>
  at % 2 === 0
    ? `${name}_${'without_an_end_'.repeat(66)}`
    : `${'path_without_a_stop_'.repeat(49)}${name}`;

/** Names of 1,000 letters, without a slash to break at, wherever a layer is named. */
export function endlessModel(base = measuredModel(true)): ModelState {
  const names = new Map(base.layers.map(({ id, name }, at) => [name, endlessName(name, id + at)]));
  const renamed = (text: string): string =>
    text.replace(/\bconv\w*\d\b|\bconv_preds\b/g, (word) => names.get(word) ?? word);
  return {
    ...base,
    file: { ...base.file, name: `${'a_model_without_an_end_'.repeat(40)}.onnx` },
    layers: base.layers.map((row) => ({ ...row, name: names.get(row.name) ?? row.name })),
    verdict: [
      { text: 'Weights only: lowest SQNR ' },
      { text: '12.1 → 31.0 dB', tone: 'strong' },
      { text: ` (${names.get('conv_dw_13') ?? ''})`, keepsDb: 31 },
      { text: '.' },
    ],
    findings: base.findings.map((finding) => ({
      ...finding,
      title: renamed(finding.title),
      text: renamed(finding.text),
    })),
    ledger: base.ledger.map((row) => ({ ...row, place: renamed(row.place) })),
  };
}

/** Its set in the details. */
export function endlessCockpit(layer: number, revision: number): CockpitState {
  const cockpit = cockpitFor(layer, revision, true);
  const sets = cockpit.sets.map((set) => ({
    ...set,
    title: endlessName(set.title, 1),
    strips: set.strips.map((strip, at) =>
      strip.kind === 'range' ? { ...strip, name: endlessName(strip.name, at) } : strip,
    ),
  }));
  return { ...cockpit, sets: sets.length > 1 ? sets : [...sets, ...sets] };
}

/** Two files and layers whose names are the same where they are usually cut. */
export function alikeView(model: ModelState = measuredModel(true)): ComparisonView {
  const view = revisionView(model);
  const { result } = view;
  if (!result) return view;
  const heads = ['mobilenet_v1.onnx', 'mobilenet_v2.onnx'] as const;
  const tails = ['BiasAdd/ReadVariableOp', 'depthwise/ReadVariableOp'];
  const layers = result.layers.map((one, at) => ({
    ...one,
    name: `net/block_${at}/${tails[at % 2] ?? ''}`,
  }));
  return {
    ...view,
    sides: [
      { kind: 'other', title: heads[0] },
      { kind: 'other', title: heads[1] },
    ],
    result: {
      ...result,
      layers,
      sides: [
        { ...result.sides[0], title: heads[0], head: heads[0] },
        { ...result.sides[1], title: heads[1], head: heads[1] },
      ],
    },
  };
}
