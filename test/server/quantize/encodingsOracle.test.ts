import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { noJob } from '../../../server/core/job.ts';
import { defaultTarget, type Target } from '../../../server/core/quant/targets.ts';
import type { SampleSet } from '../../../server/data/samples.ts';
import { createOnnxRuntimeEngine } from '../../../server/engines/onnxruntime/onnxRuntime.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { calibrate, type Calibration } from '../../../server/quantize/calibrate.ts';
import { describeValues } from '../../../server/quantize/context.ts';
import { configurationOf, type Facts } from '../../kit/aimetConfiguration.ts';
import { engineChild } from '../../kit/documents.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const oracle = process.env['RANGEFINDER_ORACLE'] ?? path.join(root, '../shared/oracle');
const models = process.env['RANGEFINDER_MODELS'] ?? path.join(root, '../shared/models');
const data = process.env['RANGEFINDER_DATA'] ?? path.join(root, '../shared/data');

const model = path.join(models, 'micro-kws-m/micro_kws_m_static_fp32.onnx');
const folder = path.join(oracle, 'encodings/micro-kws-m');

interface Entry {
  readonly name: string;
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/**
 * Of the scale. AIMET's own formulas reproduce its scales to 4e-7 (the oracle's README); values of
 * another version of ONNX Runtime differ by some units in the last place of float32 besides.
 */
const tolerance = 5e-6;

describe('min-max encodings against AIMET', () => {
  for (const granularity of ['tensor', 'channel'] as const) {
    for (const [weightBits, activationBits] of [
      [8, 8],
      [4, 16],
    ] as const) {
      const name = `per-${granularity}-w${weightBits}a${activationBits}-min_max-v1.0.0.encodings`;
      it(name, async function () {
        const file = path.join(folder, name);
        if (!existsSync(file) || !existsSync(model)) return this.skip();
        const theirs = JSON.parse(readFileSync(file, 'utf8')) as {
          activation_encodings: readonly Entry[];
          param_encodings: readonly Entry[];
        };
        const { encodings } = await ours({ granularity, weightBits, activationBits });
        for (const { name: tensor, scale, offset } of [
          ...theirs.activation_encodings,
          ...theirs.param_encodings,
        ]) {
          const own = encodings.get(tensor);
          assert.ok(own, `${tensor} has no grid`);
          assert.equal(own.grids.scale.length, scale.length, tensor);
          for (const [c, want] of scale.entries()) {
            const got = own.grids.scale[c] ?? NaN;
            assert.ok(Math.abs(got / want - 1) <= tolerance, `${tensor} ${c}: ${got} for ${want}`);
            assert.equal(Math.abs(own.grids.lowest[c] ?? NaN), Math.abs(offset[c] ?? NaN), tensor);
          }
        }
      });
    }
  }
});

async function ours(
  choice: Pick<Target, 'granularity' | 'weightBits' | 'activationBits'>,
): Promise<Calibration> {
  const opened = await openDocument(model, noJob);
  assert.ok(opened.ok);
  const document = opened.value;
  const engine = createOnnxRuntimeEngine({ childPath: engineChild });
  try {
    const facts = JSON.parse(
      readFileSync(path.join(oracle, 'quantsim-config/facts.json'), 'utf8'),
    ) as { configs: Record<string, Facts> };
    const own =
      facts.configs[
        choice.granularity === 'channel' ? 'default_config_per_channel.json' : 'default_config.json'
      ];
    assert.ok(own);
    const { graph } = document;
    const on = {
      samples: samplesFor(graph.inputs[0]?.name ?? '', graph.inputs[0]?.shape ?? []),
      indices: Array.from({ length: 12 }, (_, i) => i),
      batch: 1,
    };
    const target: Target = { ...defaultTarget, ...choice, activationRange: 'minmax' };
    const configuration = configurationOf(own);
    const values = await describeValues(engine, { document, graph }, on, noJob);
    return await calibrate(
      { document, graph, engine, target, configuration, seed: 1, ...values },
      on,
      noJob,
    );
  } finally {
    engine.dispose();
    document.dispose();
  }
}

/** The bytes of the data times what calibration.json says, rounded to float32. */
function samplesFor(input: string, shape: readonly (number | string | undefined)[]): SampleSet {
  const bytes = readFileSync(path.join(data, 'micro-speech-features/data.u8'));
  const size = bytes.length / 12;
  const dims = shape.map((dim, axis) => (axis === 0 ? 1 : Number(dim)));
  return {
    count: 12,
    source: 'micro-speech-features',
    fixedBatch: undefined,
    feeds: (wanted) => {
      const index = Number(wanted);
      const own = bytes.subarray(index * size, (index + 1) * size);
      const values = Float32Array.from(own, (byte) => byte * 0.10171568393707275);
      return Promise.resolve(new Map([[input, { type: 'float32' as const, dims, values }]]));
    },
    dispose: () => Promise.resolve(),
  };
}
