import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A weight of a test model. */
export interface TestWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A layer of a Sequential: its class and its configuration. */
export type TestLayer = readonly [className: string, config: Readonly<Record<string, unknown>>];

/** A folder for TensorFlow.js models that a test makes. */
export class KerasFolder {
  #serial = 0;

  constructor(readonly path = mkdtempSync(join(tmpdir(), 'rangefinder-test-'))) {}

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Writes a Sequential as Keras 2 has it; answers the path of its `.json`. */
  sequential(
    inputShape: readonly number[],
    layers: readonly TestLayer[],
    weights: readonly TestWeight[] = [],
    version = '2.4.0',
  ): string {
    const input: TestLayer = [
      'InputLayer',
      { name: 'x', batch_input_shape: [null, ...inputShape], dtype: 'float32' },
    ];
    const config = {
      name: 'test',
      layers: [input, ...layers].map(([className, own], i) => ({
        class_name: className,
        config: { name: `l${i}`, trainable: true, ...own },
      })),
    };
    return this.model({ class_name: 'Sequential', config }, weights, version);
  }

  /** Writes any architecture. */
  model(architecture: object, weights: readonly TestWeight[], version = '2.4.0'): string {
    const name = `m${this.#serial++}`;
    const bytes = Buffer.from(Float32Array.from(weights.flatMap(({ values }) => values)).buffer);
    writeFileSync(join(this.path, `${name}.bin`), bytes);
    return this.json(`${name}.json`, {
      format: 'layers-model',
      modelTopology: { keras_version: version, model_config: architecture },
      weightsManifest: [
        {
          paths: [`${name}.bin`],
          weights: weights.map(({ name: weight, shape }) => ({
            name: weight,
            shape,
            dtype: 'float32',
          })),
        },
      ],
    });
  }

  /** Writes a text or a value as JSON. */
  json(name: string, value: string | object): string {
    const file = join(this.path, name);
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return file;
  }
}
