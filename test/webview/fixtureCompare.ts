import type { ComparedLayer, ComparedSide, ComparisonView } from '../../server/protocol/compare.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import { fromWire, toWire } from '../../server/protocol/wire.ts';
import { measuredModel } from './fixtureData.ts';

const revisionTitle = 'mobilenet_v1_0.25_224.onnx at 3f2a1bc (Fold batch norms)';

/** An earlier revision beside the model as it is now: a layer was added since, one was renamed. */
export function revisionView(model: ModelState = measuredModel(true)): ComparisonView {
  const layers = model.layers.slice(0, -1).map((row, at): ComparedLayer => {
    const now = fromWire(row.data?.now.soFar ?? 'nan');
    return {
      name: row.name,
      ...(at === 4 ? { otherName: 'MobilenetV1/Conv2d_2_pointwise' } : {}),
      layer: row.id,
      operator: row.operator,
      match: at === 4 ? 'weights' : 'name',
      // Every third layer was better then.
      first: toWire(at % 3 === 2 ? now + 1.5 : now - 0.7 * at),
      second: toWire(now),
      apart: at < 10 ? 'inf' : toWire(60 - at),
      ...(row.data ? { weights: row.data.now.weights, activations: row.data.now.activations } : {}),
    };
  });
  return {
    sides: [
      { kind: 'other', title: revisionTitle },
      { kind: 'now', title: 'Quantized, now' },
    ],
    isBusy: false,
    isStale: false,
    result: {
      uri: model.uri,
      revision: model.revision,
      sides: [
        { title: revisionTitle, head: '3f2a1bc', words: 'top-1 42.5 %, logits SQNR 11.9 dB' },
        { title: 'Quantized, now', head: 'now', words: 'top-1 50.0 %, logits SQNR 14.2 dB' },
      ],
      figure: 'soFar',
      layers,
      unmatched: { first: [], second: [model.layers.at(-1)?.name ?? ''] },
      words:
        'So far: everything before the layer quantized too, against float, on 40 samples · 27 of 28 layers matched: 26 by name, 1 by weights',
      notes: [`${revisionTitle} is rounded for the same target, W8 A8 · per tensor · strict.`],
    },
  };
}

/** The last commit, which is what the file still is. */
export function sameView(model: ModelState): ComparisonView {
  const view = revisionView(model);
  const { result } = view;
  if (!result) return view;
  const layers = model.layers.map(({ id, name, operator, data }): ComparedLayer => ({
    name,
    layer: id,
    operator,
    match: 'name',
    first: data?.now.soFar ?? 'nan',
    second: data?.now.soFar ?? 'nan',
    apart: 'inf',
  }));
  return { ...view, result: { ...result, layers, unmatched: { first: [], second: [] } } };
}

/** Another network, some layers of which happen to have the same shape. */
export function unlikeView(model: ModelState): ComparisonView {
  const view = revisionView(model);
  const { result } = view;
  if (!result) return view;
  const layers = result.layers
    .slice(0, 3)
    .map((one): ComparedLayer => ({ ...one, match: 'structure', apart: 2.1 }));
  const first = Array.from({ length: 49 }, (_, i) => `Conv_${i}`);
  const second = model.layers.slice(3).map(({ name }) => name);
  const unmatched = { first, second };
  return { ...view, result: { ...result, layers, unmatched, isUnlike: true } };
}

/** Without samples: the SQNR of rounded weights. */
export function weightsView(model: ModelState): ComparisonView {
  const view = revisionView(model);
  const { result } = view;
  if (!result) return view;
  const layers = result.layers.map((one, at): ComparedLayer => {
    const { name, operator, match, apart } = one;
    const figures = { first: 20 + (at % 7), second: 21 + (at % 5) };
    return {
      name,
      operator,
      match,
      apart,
      ...(one.layer === undefined ? {} : { layer: one.layer }),
      ...figures,
    };
  });
  return { ...view, result: { ...result, figure: 'weights', layers } };
}

/** Two models with no layer in common. */
export function nothingView(model: ModelState): ComparisonView {
  const view = revisionView(model);
  const { result } = view;
  if (!result) return view;
  const unmatched = { first: ['dense_1', 'dense_2'], second: model.layers.map(({ name }) => name) };
  const words =
    'mlp.h5 has 2 layers, mobilenet_v1_0.25_224.onnx 28, and none is the same. Tried were weights (whatever factors their channels have), names with the same shape, and shapes in the same order.';
  return {
    ...view,
    sides: [{ kind: 'other', title: 'mlp.h5' }, view.sides[1]],
    result: {
      ...result,
      sides: [{ title: 'mlp.h5', head: 'mlp.h5', words: 'Keras 2.4, 5 nodes' }, result.sides[1]],
      figure: 'apart',
      layers: [],
      unmatched,
      words,
      notes: [],
    },
  };
}

/** A revision that is no model. */
export const refusedView: ComparisonView = {
  sides: [
    { kind: 'other', title: revisionTitle },
    { kind: 'now', title: 'Quantized, now' },
  ],
  isBusy: false,
  isStale: false,
  fault: {
    code: 'truncated',
    message: `${revisionTitle}: the file ends in the middle of a field.`,
    offset: 900,
    where: revisionTitle,
    remedy: 'Copy or export the file again.',
  },
};

/** As opened with now, and what rounding only weights or only activations does so far. */
export function statesView(model: ModelState = measuredModel(true)): ComparisonView {
  const layers = model.layers.map((row): ComparedLayer => {
    const now = fromWire(row.data?.now.soFar ?? 'nan');
    return {
      name: row.name,
      layer: row.id,
      operator: row.operator,
      match: 'name',
      first: row.data?.before?.soFar ?? 'nan',
      second: toWire(now),
      apart: 'nan',
      weights: toWire(now + 4.2),
      activations: toWire(now + 1.7),
    };
  });
  const [first, second] = [
    { kind: 'opened', title: 'Quantized, as opened' },
    { kind: 'now', title: 'Quantized, now' },
  ] as const;
  const named = ({ title }: { title: string }): ComparedSide => ({
    title,
    head: title,
    words: '',
  });
  return {
    sides: [first, second],
    isBusy: false,
    isStale: false,
    result: {
      uri: model.uri,
      revision: model.revision,
      sides: [named(first), named(second)],
      figure: 'soFar',
      layers,
      unmatched: { first: [], second: [] },
      words: '',
      notes: [],
    },
  };
}
