import assert from 'node:assert/strict';
import { openDocument } from '../../../server/formats/index.ts';
import { noJob } from '../../../server/core/job.ts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { commandLine } from '../../kit/commandLine.ts';
import { unknownFirst, whileFoldErrs } from '../../kit/erringFold.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';

interface Answer {
  readonly issues: readonly { readonly code: string; readonly severity: string }[];
  readonly proof: {
    readonly exercised: boolean;
    readonly activeChannels?: number;
    readonly changedChannels?: number;
  };
}

/** A network that ONNX Runtime cannot run: it ends in an operator of somebody's own. */
function custom(): Graph {
  const graph = smallMobileNet();
  const last = graph.nodes.length;
  const own = { ...node('Foo', ['y'], ['z']), id: last, domain: 'my.ops' };
  const outputs = graph.outputs.map((output) => ({ ...output, name: 'z' }));
  const opsets = new Map([...graph.opsets, ['my.ops', 1] as const]);
  return { ...graph, nodes: [...graph.nodes, own], outputs, opsets };
}

/** A batch norm that gives the same number everywhere: gamma is 0. */
const still = (): Graph =>
  graphOf({
    inputs: { x: [1, 1, 4, 4] },
    outputs: ['y'],
    nodes: [
      node('Conv', ['x', 'w'], ['c']),
      node('BatchNormalization', ['c', 'g', 'b', 'm', 'v'], ['n']),
      node('Add', ['n', 'x'], ['y']),
    ],
    tensors: [
      tensor('w', [1, 1, 1, 1], 2),
      tensor('g', [1], 0),
      tensor('b', [1], 3),
      tensor('m', [1], 0),
      tensor('v', [1], 1),
    ],
  });

describe('a step that is not proved', () => {
  const cli = commandLine();
  for (const [title, graph] of [
    ['cannot be run', custom()],
    ['does nothing with what was changed', still()],
  ] as const) {
    it(`is warned of where the network ${title}, and saved all the same`, async () => {
      const output = join(cli.folder.path, `${title}.onnx`);
      const { exit, answer } = await cli.ask<Answer>('fold', cli.model(graph), '-o', output);
      assert.equal(exit, 0);
      assert.equal(answer.proof.exercised, false);
      assert.deepEqual(
        answer.issues.map(({ code, severity }) => [code, severity]),
        [['not-proved', 'warning']],
      );
      assert.ok(existsSync(output));
    });
  }

  it('says that nobody asked for a proof, where nobody did', async () => {
    const { exit, out } = await cli.run(`fold ${cli.model(smallMobileNet())} --no-proof`);
    assert.equal(exit, 0);
    assert.match(out, /^Not proved: a proof was not asked for \(--no-proof\)\.$/m);
  });

  it('says how many of the changed channels the proof saw', async () => {
    const { out } = await cli.run(`fold ${cli.model(smallMobileNet())}`);
    assert.match(
      out,
      /^Proved exact: .*\n {2}(?:2[1-3] of 24 changed channels gave a signal; the others? stayed constant and w\w+ not tested|All 24 changed channels gave a signal)\.$/m,
    );
  });

  it('is told from one that is', async () => {
    const { answer } = await cli.ask<Answer>('fold', cli.model(smallMobileNet()));
    assert.deepEqual(answer.issues, []);
    // The outputs of three batch norms of 8 channels, nearly all of them active.
    const { activeChannels = 0, changedChannels } = answer.proof;
    assert.equal(changedChannels, 24);
    assert.ok(activeChannels > 20 && activeChannels <= 24, `${activeChannels}`);
  });
});

describe('a step that was taken back', () => {
  const cli = commandLine();
  it('is a bug of ours, after which fold saves nothing', async () => {
    const output = join(cli.folder.path, 'broken.onnx');
    const line = `fold ${cli.model(smallMobileNet())} -o ${output}`;
    const { exit, out, err } = await whileFoldErrs(unknownFirst, () => cli.run(line));
    assert.equal(exit, 5, out + err);
    assert.match(out + err, /fold left a network that cannot be run.*This is a bug of ours/);
    assert.match(out, /^Nothing was saved: a step was taken back\.$/m);
    assert.ok(!existsSync(output));
  });

  for (const [at, verb] of ['repair', 'repair --data synthetic:8'].entries()) {
    it(`is told of, and what ${verb} has without it is saved`, async () => {
      const output = join(cli.folder.path, `without${at}.onnx`);
      const line = `${verb} ${cli.model(smallMobileNet())} -o ${output}`;
      const { exit, out, err } = await whileFoldErrs(unknownFirst, () => cli.run(line));
      assert.ok(exit === 0 || exit === 1, out + err);
      assert.match(out + err, /fold left a network that cannot be run.*This is a bug of ours/);
      assert.doesNotMatch(out, /fold: (Exact|Every target)/);
      const saved = await openDocument(output, noJob);
      assert.ok(saved.ok && saved.value.graph.nodes.every(({ op }) => op !== 'Nonesuch'));
      saved.value.dispose();
    });
  }

  it('leaves nothing in JSON that the schema does not have', async () => {
    const fold = () => cli.ask<Answer>('fold', cli.model(smallMobileNet()));
    const { exit, answer } = await whileFoldErrs(unknownFirst, fold);
    assert.equal(exit, 5);
    assert.ok(answer.issues.some(({ code }) => code === 'rolled-back'));
  });
});

describe('what repair says of folding', () => {
  const cli = commandLine();
  it('is "exact" where that was proved, and only there', async () => {
    const proved = await cli.run(`repair ${cli.model(smallMobileNet())}`);
    assert.match(proved.out, /✓ fold: Exact, and every target folds batch norms\./);
    const unproved = await cli.run(`repair ${cli.model(custom(), 'custom.onnx')}`);
    assert.match(unproved.out, /✓ fold: Every target folds batch norms\. Not proved to be exact\./);
    assert.doesNotMatch(unproved.out, /fold: Exact/);
  });
});
