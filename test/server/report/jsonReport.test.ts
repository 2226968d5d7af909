import assert from 'node:assert/strict';
import { jsonReport } from '../../../server/report/jsonReport.ts';
import { layersTable } from '../../../server/report/layersTable.ts';
import { checkedReport } from '../../kit/reportSchema.ts';
import { hostile, reportInput } from './reportInputs.ts';

interface Report {
  readonly layers: readonly object[];
  readonly evaluation: {
    readonly rows: readonly Record<string, unknown>[];
    readonly paired: object;
  };
  readonly findings: Record<'opened' | 'now', readonly Finding[]>;
  readonly proof: { readonly words: string; readonly steps: readonly Record<string, unknown>[] };
  readonly ledger: readonly Record<string, unknown>[];
  readonly repair: { readonly rows: readonly object[] };
  readonly samples?: Record<string, unknown>;
  readonly isStale?: boolean;
}

interface Finding {
  readonly layers: readonly string[];
  readonly remedies: readonly Record<string, unknown>[];
}

describe('jsonReport', () => {
  const { evaluation, proofs, findings, layers } = reportInput();
  const of = (more: Parameters<typeof reportInput>[0] = {}): Report =>
    checkedReport<Report>(jsonReport(reportInput(more)));

  it('has the layers as the table of layers has them, under the same names', () => {
    const table = JSON.parse(layersTable(reportInput(), 'json')) as Record<string, unknown>;
    const report: Record<string, unknown> = { ...of() };
    for (const name of ['table', 'model', 'target', 'targetLabel', 'isStale', 'layers']) {
      assert.deepEqual(report[name], table[name], name);
    }
  });

  it('names layers as the file does, whatever they look like', () => {
    assert.deepEqual(of().findings.now[0]?.layers, [hostile]);
    assert.equal(of().ledger.at(-1)?.['place'], hostile);
    const [layer] = layers;
    const { layers: ids } = of({ ledger: [{ ...place, layers: [layer!.id] }] }).ledger[0] ?? {};
    assert.deepEqual(ids, [layer!.name]);
  });

  it('has figures of remedies only where they were measured', () => {
    const [better, worse, unknown] = of().findings.now[0]?.remedies ?? [];
    assert.deepEqual(better, {
      label: 'Equalize',
      steps: ['equalize'],
      isMeasured: true,
      of: 'weights',
      fromDb: 6.6,
      toDb: 30.3,
    });
    assert.deepEqual([worse?.['of'], worse?.['top1']], ['outputs', 0.5]);
    assert.deepEqual(unknown, { label: 'Unknown', isMeasured: false });
  });

  it('has what was found as opened beside what is left', () => {
    assert.ok(!('opened' in of().findings), 'nothing was changed');
    const opened = { findings, layers: layers.map(({ id, name }) => ({ id, name })) };
    const both = of({ opened, findings: [] }).findings;
    assert.deepEqual([both.opened.length, both.now.length], [1, 0]);
    assert.deepEqual(both.opened[0]?.layers, [hostile]);
  });

  it('has what the file says was done to it apart from what was measured', () => {
    assert.ok(!('record' in of()), 'the file says nothing');
    const { repair, proofs: steps } = reportInput();
    const change = { label: hostile, version: '0.1.0', target: 'W8', samples: 'a · 1 + 1 + 2' };
    const record = {
      words: 'It was written.',
      changes: [{ ...change, about: 'for W8' }],
      proofs: steps,
      proofWords: 'Float still computes the same: 1 step of 1 exact.',
      repair: repair!,
    };
    const { record: read } = checkedReport<{ record: Record<string, unknown> }>(
      jsonReport(reportInput({ record })),
    );
    assert.deepEqual(read['changes'], [change]);
    assert.deepEqual(read['repair'], repair);
    const proof = read['proof'] as Report['proof'];
    assert.deepEqual([proof.words, proof.steps.length], [record.proofWords, 1]);
    assert.equal(proof.steps[0]?.['verdict'], 'exact');
  });

  it('has a word for what each proof came to', () => {
    const [exact] = proofs;
    const made = { ...exact!, exact: false, note: 'Made for W8 A8.' };
    const cases = [
      [exact!, 'exact'],
      [{ ...exact!, exact: false }, 'moved'],
      [made, 'made-for-grid'],
      [{ ...exact!, rolledBack: 'It moved by 3.' }, 'rolled-back'],
      [{ ...exact!, exercised: false }, 'not-exercised'],
      [{ ...exact!, unavailable: 'There is no engine.' }, 'not-proved'],
    ] as const;
    const steps = of({ proofs: cases.map(([proof]) => proof) }).proof.steps;
    assert.deepEqual(
      steps.map(({ verdict }) => verdict),
      cases.map(([, verdict]) => verdict),
    );
    assert.deepEqual(steps[5], {
      step: 'Equalize',
      verdict: 'not-proved',
      unavailable: 'There is no engine.',
    });
    const { maxRel, tolerance, probes, source } = steps[0] ?? {};
    assert.deepEqual([maxRel, tolerance, probes, source], [8e-7, 1e-4, 4, 'synthetic, seed 1']);
  });

  it('writes numbers that are not finite as words', () => {
    const infinite = { ...proofs[0]!, maxAbs: Infinity, maxRel: NaN };
    const { maxAbs, maxRel } = of({ proofs: [infinite] }).proof.steps[0] ?? {};
    assert.deepEqual([maxAbs, maxRel], ['inf', 'nan']);
  });

  it('has samples with their numbers, the rows of the evaluation, and the paired test', () => {
    const data = {
      label: 'imagenet-a · 12 + 12 + 40',
      isSynthetic: false,
      hasLabels: true,
      counts: { calibration: 12, correction: 12, judge: 40 },
      notes: ['Some are small.'],
    };
    const report = of({ data, evaluation: { ...evaluation!, isStale: true } });
    assert.deepEqual(report.samples?.['indices'], { calibration: [], judge: [24, 25, 26] });
    assert.equal(report.samples?.['calibration'], 12);
    assert.equal(report.isStale, true);
    assert.deepEqual(report.evaluation.rows, evaluation!.rows);
    assert.deepEqual(report.evaluation.paired, evaluation!.paired);
  });
});

const place = {
  outcome: 'refused',
  step: 'Equalize',
  place: 'first',
  layers: [] as readonly number[],
  channels: '',
  code: 'graph-output',
  why: 'It is an output.',
  unblock: '',
} as const;
