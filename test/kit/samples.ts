import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Dimension } from '../../server/core/graph/graph.ts';
import type { ElementType } from '../../server/core/graph/tensor.ts';
import { openSamples, type SampleOptions } from '../../server/data/openSamples.ts';
import type { DataFault, SampleInput, SampleSet } from '../../server/data/samples.ts';

/** An input of a model. */
export const input = (
  name: string,
  shape: readonly Dimension[] | undefined,
  type: ElementType = 'float32',
): SampleInput => ({ name, type, shape });

/** The samples, which must open. */
export async function opened(
  path: string,
  inputs: readonly SampleInput[],
  options?: SampleOptions,
): Promise<SampleSet> {
  const samples = await openSamples(path, inputs, options);
  if (!samples.ok) assert.fail(samples.error.message);
  return samples.value;
}

/** Why the samples do not open. */
export async function refused(
  path: string,
  inputs: readonly SampleInput[],
  options?: SampleOptions,
): Promise<DataFault> {
  const samples = await openSamples(path, inputs, options);
  if (samples.ok) assert.fail('was opened');
  return samples.error;
}

/** The elements of an input of one sample. */
export async function valuesOf(samples: SampleSet, index: number, name = 'x'): Promise<number[]> {
  const values = (await samples.feeds(index)).get(name)?.values ?? [];
  return Array.from(values as ArrayLike<number | bigint>, Number);
}

/** A folder of the suite's own, emptied after each test. */
export class SampleFolder {
  path = '';

  constructor() {
    beforeEach(() => (this.path = mkdtempSync(join(tmpdir(), 'rangefinder-test-'))));
    afterEach(() => rmSync(this.path, { recursive: true, force: true }));
  }

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string | Uint8Array): string {
    const path = this.at(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }
}
