import assert from 'node:assert/strict';
import { undoneAdvice } from '../../../server/cli/undoneAdvice.ts';
import type { WeightScore } from '../../../server/weightScore.ts';
import { commandLine } from '../../kit/commandLine.ts';
import { graphOf, node, randomTensor } from '../../kit/graphs.ts';
import { Random } from '../../kit/random.ts';

/** The score of layers a, b, ... with these SQNR. */
function score(...dbs: readonly number[]): WeightScore {
  const byLayer = new Map(dbs.map((db, at) => [String.fromCharCode(97 + at), db]));
  const sorted = [...byLayer].sort((one, other) => one[1] - other[1]);
  const [lowestLayer, lowestDb] = sorted[0] ?? ['', Infinity];
  return { lowestDb, medianDb: lowestDb, lowestLayer, byLayer };
}

describe('what the command line advises', () => {
  const cli = commandLine();

  it('names the ways out where a step was undone by one layer alone', () => {
    const before = score(5, 30, 40);
    const undone = { kept: false, before, after: score(25, 27, 40) };
    assert.match(undoneAdvice([undone]) ?? '', /--ignore b leaves.*--no-stop-rule.*give --data\./);
    for (const fine of [
      { ...undone, kept: true },
      { ...undone, after: score(5, 30, 40) },
      { ...undone, after: score(25, 30, 40) },
    ])
      assert.equal(undoneAdvice([fine]), undefined);
  });

  it('says of layers that no one alone helps which ranges that is at', async () => {
    const random = new Random(1);
    const layers = Array.from({ length: 12 }, (_, at) => at);
    const graph = graphOf({
      inputs: { v0: [1, 16] },
      outputs: ['v12'],
      tensors: layers.map((at) => randomTensor(random, `w${at}`, [16, 16])),
      nodes: layers.map((at) =>
        node('Gemm', [`v${at}`, `w${at}`], [`v${at + 1}`], { transB: 1 }, `fc${at}`),
      ),
    });
    const { out } = await cli.run(
      ...['sensitivity', cli.model(graph), '--data', 'synthetic', '--layers', 'fc10,fc11'],
    );
    assert.match(
      out,
      /^None of these layers.* by 1 dB at these ranges, which are those of the whole network quantized\. /m,
    );
    assert.doesNotMatch(out, /several of them cost the outputs together/);
  });
});
