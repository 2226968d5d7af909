import assert from 'node:assert/strict';
import { noJob } from '../../../server/core/job.ts';
import { correct } from '../../../server/quantize/correct.ts';
import { measureBiasErrors } from '../../../server/quantize/measureBiasErrors.ts';
import { aimetBiases, biasesOf, onAimetsGrid, runOf, shareOff } from './aimetBiases.ts';
import { errorByFormula, type Mistakes } from './aimetFormula.ts';

/**
 * Of the largest bias of a layer. AIMET computes in float32; the oracle's own recomputation in
 * float64 differs by 1.1e-6 (its README).
 */
const tolerance = 1e-5;

/**
 * Where a weight lies on a tie, float32 and double may round it to two levels: the oracle's own
 * recomputation differs by 2.6e-4 for such a layer. What is measured behind it sees a weight that
 * is a whole step off, and no correction for it; by ten times as much.
 */
const tieTolerance = { formula: 5e-4, behind: 5e-3 };

const right: Mistakes = { signedGamma: false, ignoredPadding: false };
const aimets: Mistakes = { signedGamma: true, ignoredPadding: true };

/** Why AIMET's bias of a layer is another one than ours: the Q marks of algorithms 5.2 to 5.4. */
type Reason =
  | 'the first layer is not corrected'
  | 'negative gamma'
  | 'padding'
  | 'batch norm behind padding, pooling or a branch not found';

/** The layers that differ, and why; all others are the same. */
const differing: Readonly<Record<string, Readonly<Record<Reason, readonly string[]>>>> = {
  'mlperf-resnet8-cifar10': {
    'the first layer is not corrected': ['conv2d'],
    padding: ['conv2d_2', 'conv2d_4', 'conv2d_7'],
    'negative gamma': [],
    'batch norm behind padding, pooling or a branch not found': ['conv2d_1'],
  },
  'mlperf-vww-mobilenetv1': {
    'the first layer is not corrected': ['conv2d'],
    padding: ['', '_2', '_4', '_6', '_7', '_8', '_9', '_10', '_12'].map(
      (end) => `depthwise_conv2d${end}`,
    ),
    'negative gamma': ['conv2d_11', 'conv2d_12', 'conv2d_13'],
    'batch norm behind padding, pooling or a branch not found': [
      ...['_1', '_3', '_5', '_11'].map((end) => `depthwise_conv2d${end}`),
      'dense',
    ],
  },
};

describe('mixed bias correction against AIMET on its own grid', () => {
  for (const [name, expected] of Object.entries(differing)) {
    const known = aimetBiases(name);
    for (const granularity of ['perTensor', 'perChannel'] as const) {
      it(`measures what AIMET measures behind its analytical corrections: ${name}, ${granularity}`, async function () {
        if (!known) return this.skip();
        const run = runOf(known, granularity, 'mixed');
        await onAimetsGrid(known, run, async ({ context, layers, encodings, on, ties }) => {
          const analytical = new Set(run.correctedAnalytically);
          const before = (layer: string, c: number): number => known.biasBefore[layer]?.[c] ?? 0;
          const given = run.layers
            .filter(({ layer }) => analytical.has(layer))
            .map(({ layer, biasAfter }) => ({
              layer,
              error: biasAfter.map((bias, c) => before(layer, c) - bias),
            }));
          const open = layers.map((layer) => layer.name).filter((one) => !analytical.has(one));
          const { errors } = await measureBiasErrors(
            ...([context, encodings, on, new Set(open), given, noJob] as const),
          );
          assert.deepEqual(
            errors.map(({ layer }) => layer),
            run.layers.map(({ layer }) => layer).filter((one) => !analytical.has(one)),
          );
          let isBehindTie = false;
          for (const { layer, biasAfter } of run.layers) {
            isBehindTie ||= ties.has(layer);
            const measured = errors.find((one) => one.layer === layer);
            if (!measured) continue;
            const ours = measured.error.map((error, c) => before(layer, c) - error);
            const off = shareOff(biasAfter, ours);
            assert.ok(off <= (isBehindTie ? tieTolerance.behind : tolerance), `${layer}: ${off}`);
          }
        });
      });

      it(`differs only where section 5 says that AIMET is wrong: ${name}, ${granularity}`, async function () {
        if (!known) return this.skip();
        const run = runOf(known, granularity, 'mixed');
        await onAimetsGrid(known, run, async (opened) => {
          const { context, original, layers, encodings, on, ties } = opened;
          const names = new Set(layers.map((layer) => layer.name));
          const request = { method: 'mixed', layers: names, encodings, on, isTrial: true } as const;
          const made = await correct(context, request, noJob);
          const biases = biasesOf(made.result.graph);
          const found: Record<Reason, string[]> = {
            'the first layer is not corrected': [],
            padding: [],
            'negative gamma': [],
            'batch norm behind padding, pooling or a branch not found': [],
          };
          for (const { layer: own, biasAfter, weightScale } of run.layers) {
            const layer = layers.find((one) => one.name === own);
            assert.ok(layer);
            const before: readonly number[] = known.biasBefore[own] ?? biasAfter.map(() => 0);
            const by = (mistakes: Mistakes): number[] | undefined =>
              errorByFormula(layer, original, weightScale, context.dimsOf, mistakes)?.map(
                (error, c) => (before[c] ?? 0) - error,
              );
            const ours = biases.get(own);
            const truth = by(right);
            const isOurs = made.layers.some(
              ({ name: one, method }) => one === own && method === 'analytical',
            );
            assert.equal(isOurs, truth !== undefined, own);
            if (truth) assert.ok(shareOff(truth, ours) <= tolerance, `${own}: not the formula`);
            if (own === run.correctedAnalytically[0]) {
              assert.deepEqual(biasAfter, before, 'a no-op');
              found['the first layer is not corrected'].push(own);
            } else if (!run.correctedAnalytically.includes(own)) {
              const reason = 'batch norm behind padding, pooling or a branch not found';
              if (isOurs) found[reason].push(own);
            } else {
              const wrong = by(aimets) ?? [];
              const off = shareOff(biasAfter, wrong);
              const allowed = ties.has(own) ? tieTolerance.formula : tolerance;
              assert.ok(off <= allowed, `${own}: no formula of AIMET's, ${off}`);
              const without = (mistake: Partial<Mistakes>): boolean =>
                shareOff(wrong, by({ ...aimets, ...mistake })) > tolerance;
              const sign = without({ signedGamma: false });
              const pad = without({ ignoredPadding: false });
              if (sign) found['negative gamma'].push(own);
              if (pad) found.padding.push(own);
              const isSame = shareOff(biasAfter, ours) <= tolerance;
              assert.equal(isSame, !sign && !pad, `${own}: ${shareOff(biasAfter, ours)}`);
            }
          }
          assert.deepEqual(found, expected);
        });
      });
    }
  }
});
