import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { FileRecord } from '../../../server/protocol/record.ts';
import { version } from '../../../server/version.ts';
import { commandLine } from '../../kit/commandLine.ts';
import { HtmlPage, textOf } from '../../kit/htmlPage.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { floatNpy, makeNpz } from '../../kit/npy.ts';
import { Random } from '../../kit/random.ts';
import { checkedReport } from '../../kit/reportSchema.ts';

interface Report {
  readonly repair?: { readonly summary: string; readonly rows: readonly object[] };
  readonly proof: Proofs;
  readonly record?: Omit<FileRecord, 'proofs' | 'proofWords'> & { readonly proof: Proofs };
}

interface Proofs {
  readonly words?: string;
  readonly steps: readonly { readonly step: string; readonly verdict: string }[];
}

const verdicts = ({ steps }: Proofs): string[][] =>
  steps
    .filter(({ step }) => !step.startsWith('All steps'))
    .map(({ step, verdict }) => [step, verdict]);

describe('the report on a file that was repaired on the command line', () => {
  const cli = commandLine();
  let net = '';
  let files = 0;
  let data: readonly string[] = [];
  const count = 64;
  const target = ['--bits', '4', '--granularity', 'tensor'];

  before(async () => {
    net = cli.model(smallMobileNet(), 'net.onnx');
    const values = Array.from(new Random(5).normal(count * 3 * 12 * 12));
    await makeNpz(cli.at('data.npz'), { x: floatNpy([count, 3, 12, 12], values) });
    data = ['--data', cli.at('data.npz')];
  });

  /** What a report on the file says, after a command with a report of its own has written it. */
  async function written(...words: readonly string[]): Promise<readonly [Report, Report]> {
    const name = `written${++files}`;
    const [out, own, later] = ['.onnx', '.json', '.later.json'].map((end) => cli.at(name + end));
    await cli.run(...words, ...target, '-o', out!, '--report', own!);
    const said = await cli.run('analyze', out!, '--report', later!);
    assert.equal(said.exit, 0, said.err);
    const [first, second] = [own!, later!].map((path) =>
      checkedReport<Report>(readFileSync(path, 'utf8')),
    );
    return [first!, second!];
  }

  it('has what the repair on samples said, as a record', async () => {
    const [own, later] = await written('repair', net, ...data);
    assert.equal(own.record, undefined);
    assert.equal(later.repair, undefined);
    assert.deepEqual(later.proof.steps, []);
    const { record } = later;
    assert.ok(record);
    assert.deepEqual(record.repair, own.repair);
    assert.deepEqual(verdicts(record.proof), verdicts(own.proof));
    assert.match(record.words, new RegExp(`^Rangefinder ${version} wrote \\d changes into `));
    for (const change of record.changes) {
      assert.equal(change.version, version);
      assert.equal(change.target, 'W4 A8 · per tensor · symmetric');
      assert.match(change.samples ?? '', /^data\.npz · 16 \+ 16 \+ 32$/);
    }
    const labels = record.changes.map(({ label }) => label);
    assert.match(labels.at(-1) ?? '', /^Correct biases of 4 layers$/);
  });

  it('has what the repair by weights said', async () => {
    const [own, later] = await written('repair', net);
    assert.ok(later.record);
    assert.deepEqual(later.record.repair, own.repair);
    assert.deepEqual(verdicts(later.record.proof), verdicts(own.proof));
    assert.deepEqual(
      new Set(later.record.changes.map(({ samples }) => samples)),
      new Set([undefined]),
    );
  });

  it('has how far corrected biases moved float, or that this was not recorded', async () => {
    const [, corrected] = await written('correct', net, ...data);
    assert.deepEqual(verdicts(corrected.record!.proof), [['Correct', 'made-for-grid']]);
    const [plain, later] = [cli.at('plain.onnx'), cli.at('plain.json')];
    await cli.run('repair', net, ...data, ...target, '-o', plain);
    await cli.run('analyze', plain, '--report', later);
    const { record } = checkedReport<Report>(readFileSync(later, 'utf8'));
    assert.deepEqual(verdicts(record!.proof).at(-1), ['Correct', 'not-proved']);
    assert.match(record!.proof.words ?? '', /1 without a proof\.$/);
  });

  it('shows the record in the page under its own head, beside what is done now', async () => {
    const [folded, html] = [cli.at('folded.onnx'), cli.at('page.html')];
    await cli.run('fold', net, '-o', folded);
    await cli.run('equalize', folded, ...target, '--report', html);
    const page = new HtmlPage(readFileSync(html, 'utf8'));
    const text = textOf(page.all('main')[0]!).replace(/\s+/g, ' ');
    assert.match(text, /What was done, and proof.*Recorded in the file, not measured now/);
    assert.match(text, /nothing of it was measured again now.*Fold 3 batch norms Recorded proof/);
    assert.match(text, /It was said then: “Float still computes the same: 1 step of 1 exact\.”/);
  });
});
