import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noJob } from '../../server/core/job.ts';
import { openSamples } from '../../server/data/openSamples.ts';
import { runSamples } from '../../server/data/runSamples.ts';
import type { ChildEngine } from '../../server/engines/childEngine.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { openDocument } from '../../server/formats/index.ts';
import { engineChild } from '../kit/documents.ts';
import { goldens } from '../kit/golden.ts';
import { elementBytes, npyBytes } from '../kit/npy.ts';
import { closeTo } from '../kit/run.ts';

/**
 * The tolerance for float models. Weights stored as float16 carry their own rounding.
 * Quantized ones round to their grid: one step of an 8-bit output is 4e-3 of its range, and no
 * element may be a step away.
 */
const relativeOf = (name: string): number =>
  /fp16|float16/.test(name) ? 2e-2 : /qdq|qoperator/.test(name) ? 1e-3 : 1e-4;

/** TF.js graph models have the extension of layers models. */
const isGraphModel = (path: string): boolean =>
  path.endsWith('.json') && readFileSync(path, 'utf8').includes('"node"');

describe('stored models give their reference outputs', () => {
  let engine: ChildEngine;
  let folder: string;
  before(() => {
    engine = createOnnxRuntimeEngine({ childPath: engineChild });
    folder = mkdtempSync(join(tmpdir(), 'rangefinder-test-'));
  });
  after(() => {
    engine.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const found = ['onnx', 'h5', 'hdf5', 'keras', 'json'].flatMap((extension) =>
    goldens(extension).filter(({ modelPath }) => !isGraphModel(modelPath)),
  );
  if (found.length === 0)
    it('where they are', function () {
      this.skip();
    });
  for (const golden of found) {
    it(golden.name, async () => {
      const opened = await openDocument(golden.modelPath, noJob);
      if (!opened.ok) assert.fail(opened.error.message);
      const document = opened.value;
      const file = join(folder, 'input.npy');
      writeFileSync(file, npyBytes('<f4', golden.dims, elementBytes(golden.input())));
      const samples = await openSamples(file, document.graph.inputs);
      if (!samples.ok) assert.fail(samples.error.message);
      const results = await runSamples(
        engine,
        document,
        document.graph,
        samples.value,
        { batch: 1 },
        noJob,
      );
      const byName = new Map(results.map((result) => [result.name, result]));
      const tolerance = { relative: relativeOf(golden.name), absolute: 0 };
      for (const [i, [name, expected]] of [...golden.outputs()].entries()) {
        const isNamed = /\.onnx$/.test(golden.name);
        const result = byName.get(name) ?? (isNamed ? undefined : results[i]);
        if (!result) assert.fail(`no output ${name}`);
        assert.deepEqual(result.dims, expected.dims, name);
        closeTo(Float64Array.from(result.values as Float32Array), expected.values, tolerance, name);
      }
      document.dispose();
    });
  }
});
