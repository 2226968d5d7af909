import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { noJob } from '../../server/core/job.ts';
import type { FormatFault, ModelDocument } from '../../server/formats/format.ts';
import { openOnnx } from '../../server/formats/onnx/document.ts';
import type { EncodedModel } from '../../server/formats/format.ts';

/** A folder for the files of a suite, gone after it, and the documents opened in it. */
export class ModelFolder {
  readonly path = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'rangefinder-test-')));
  readonly #documents: ModelDocument[] = [];
  #serial = 0;

  at(...names: readonly string[]): string {
    return path.join(this.path, ...names);
  }

  /** Writes a file and gives its path. */
  file(bytes: Uint8Array, name = `model${this.#serial++}.onnx`): string {
    fs.mkdirSync(path.dirname(this.at(name)), { recursive: true });
    fs.writeFileSync(this.at(name), bytes);
    return this.at(name);
  }

  /** Opens a file that must open. */
  async open(file: string | Uint8Array): Promise<ModelDocument> {
    const opened = await openOnnx(typeof file === 'string' ? file : this.file(file), noJob);
    assert.ok(opened.ok, opened.ok ? '' : `${opened.error.code}: ${opened.error.message}`);
    return this.keep(opened.value);
  }

  /** The fault of a file that must not open. */
  async fault(file: string | Uint8Array): Promise<FormatFault> {
    const opened = await openOnnx(typeof file === 'string' ? file : this.file(file), noJob);
    if (opened.ok) opened.value.dispose();
    assert.ok(!opened.ok, 'the file opened');
    return opened.error;
  }

  /** Disposes a document with the folder. */
  keep(document: ModelDocument): ModelDocument {
    this.#documents.push(document);
    return document;
  }

  /** The names of all files, hidden ones too. */
  list(): string[] {
    return fs.readdirSync(this.path).sort();
  }

  remove(): void {
    for (const document of this.#documents) document.dispose();
    fs.rmSync(this.path, { recursive: true, force: true });
  }
}

/** The file of a write that must succeed, opened. */
export async function written(
  folder: ModelFolder,
  write: ReturnType<ModelDocument['write']>,
): Promise<ModelDocument> {
  const result = await write;
  assert.ok(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.message}`);
  return folder.keep(result.value);
}

/**
 * Outputs of a model in the real ONNX Runtime, for float inputs of a fixed pattern (free sizes are
 * 1), by name. An encoded model is given its folder.
 */
export async function runModel(
  model: string | Uint8Array | EncodedModel,
): Promise<Record<string, number[]>> {
  const options = { graphOptimizationLevel: 'disabled', logSeverityLevel: 4 } as const;
  const session =
    typeof model === 'string'
      ? await InferenceSession.create(model, options)
      : model instanceof Uint8Array
        ? await InferenceSession.create(model, options)
        : await InferenceSession.create(model.bytes, {
            ...options,
            extra: { session: { model_external_initializers_file_folder_path: model.folder } },
          });
  try {
    const feeds: Record<string, Tensor> = {};
    for (const input of session.inputMetadata) {
      assert.ok(input.isTensor);
      const dims = input.shape.map((size) => (typeof size === 'number' && size > 0 ? size : 1));
      const count = dims.reduce((a, b) => a * b, 1);
      const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i + 1));
      feeds[input.name] = new Tensor('float32', values, dims);
    }
    const outputs = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [
        name,
        Array.from(value.data as ArrayLike<number | bigint>, Number),
      ]),
    );
  } finally {
    await session.release();
  }
}

/** The ONNX files of the models folder; undefined where it is not there. */
export function realModels(): string[] | undefined {
  const root = process.env['RANGEFINDER_MODELS'] ?? path.join('..', 'shared', 'models');
  if (!fs.existsSync(root)) return undefined;
  return fs
    .readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => path.join(root, name))
    .sort();
}
