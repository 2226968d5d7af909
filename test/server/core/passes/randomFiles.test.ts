import assert from 'node:assert/strict';
import { noJob } from '../../../../server/core/job.ts';
import { absorbHighBias } from '../../../../server/core/passes/absorbHighBias.ts';
import { clearDeadChannels } from '../../../../server/core/passes/clearDeadChannels.ts';
import { equalizeLayers } from '../../../../server/core/passes/equalizeLayers.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import type { GraphPass } from '../../../../server/core/passes/pass.ts';
import type { ModelDocument } from '../../../../server/formats/format.ts';
import { ModelFolder, runModel, written } from '../../../kit/onnxFiles.ts';
import { checkEdits } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';
import { randomFile } from '../../../kit/randomNetwork.ts';
import { closeTo } from '../../../kit/run.ts';

/** A dozen operators, each with sums of some hundred float32 products, some of which cancel. */
const rounding = { relative: 1e-4, absolute: 1e-4 };

describe('random files', () => {
  const seeds = Array.from({ length: 120 }, (_, at) => 104729 * at + 11);
  const counts = new Map<string, number>();

  /** Runs a pass, saves, and loads the file as it stands; where exact, it gives the same. */
  async function saved<Options extends object, Applied extends object>(
    document: ModelDocument,
    pass: GraphPass<Options, Applied>,
    folder: ModelFolder,
  ): Promise<ModelDocument> {
    const result = await pass.run(document.graph, pass.defaults, noJob);
    checkEdits(document.graph, result);
    counts.set(pass.id, (counts.get(pass.id) ?? 0) + result.applied.length);
    if (result.edits.length === 0) return document;
    const file = folder.at(`${pass.id}.onnx`);
    const next = await written(folder, document.write(result.graph, file, new Map(), noJob));
    const found = await runModel(next.path);
    if (!result.isExact) return next;
    for (const [name, values] of Object.entries(await runModel(document.path))) {
      closeTo(found[name] ?? [], values, rounding, `${pass.id} ${name}`);
    }
    return next;
  }

  it('folded, cleared, equalized and absorbed, load as they were saved and give the same', async () => {
    for (const seed of seeds) {
      const folder = new ModelFolder();
      try {
        const document = await folder.open(randomFile(new Random(seed)));
        const folded = await saved(document, foldBatchNorm, folder);
        const cleared = await saved(folded, clearDeadChannels, folder);
        const equalized = await saved(cleared, equalizeLayers, folder);
        await saved(equalized, absorbHighBias, folder);
      } catch (thrown) {
        throw new Error(`seed ${seed}`, { cause: thrown });
      } finally {
        folder.remove();
      }
    }
    for (const { id } of [foldBatchNorm, clearDeadChannels, equalizeLayers, absorbHighBias]) {
      assert.ok((counts.get(id) ?? 0) > 0, id);
    }
  });
});
