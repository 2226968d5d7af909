import assert from 'node:assert/strict';
import { noteChange } from '../../../server/changeNotes.ts';
import type { RepairReport } from '../../../server/protocol/data.ts';
import type { Proof } from '../../../server/steps.ts';
import { fileRecordOf } from '../../../server/toWire/fileRecord.ts';
import { version } from '../../../server/version.ts';
import type { AnyFields } from '../../../server/anyFields.ts';

const proof: Proof = {
  exercised: true,
  activeChannels: 10,
  changedChannels: 12,
  samples: 4,
  source: 'synthetic, seed 1',
  seed: 1,
  maxAbs: 2e-6,
  maxRel: 8e-7,
  tolerance: 1e-4,
  exact: true,
  values: [{ name: 'y', maxAbs: 2e-6, maxRel: 8e-7, kind: 'output' }],
};

const repair: RepairReport = {
  summary: 'Logits SQNR rose from −0.2 dB to 14.2 dB.',
  of: 'logits',
  rows: [
    { title: 'Fold', isKept: true, beforeDb: 'inf', afterDb: 3.5, text: 'Exact.' },
    { title: 'Absorb', isKept: false, refused: 3, movedBy: 0.5, text: 'Refused.' },
    { title: 'Clear', isKept: false, isIdle: true, text: 'Nothing to do.' },
    {
      title: 'Equalize',
      isKept: true,
      beforeDb: -0.2,
      afterDb: 4,
      isWithCorrection: true,
      text: 'Rose.',
    },
  ],
};

/** What a file has after it was written and read. */
const asFile = (value: unknown): AnyFields => JSON.parse(JSON.stringify(value)) as AnyFields;

describe('what a file says was done to it', () => {
  it('is read back as it was written, but for the figures of each value', () => {
    const on = { target: 'W8 A8 · per tensor', samples: 'imagenet-a · 12 + 12 + 40, labelled' };
    const entries = [
      noteChange('fold', 'Fold 3 batch norms', {}, [{ step: 'fold', proof }], on),
      noteChange('equalize', 'Equalize 1 set', {}, [{ step: 'clear', proof }], { ...on, repair }),
    ];
    const record = fileRecordOf(entries.map(asFile));
    const about = `for ${on.target}, on ${on.samples}`;
    assert.deepEqual(record?.changes, [
      { label: 'Fold 3 batch norms', version, ...on, about },
      { label: 'Equalize 1 set', version, ...on, about },
    ]);
    assert.deepEqual(record.repair, repair);
    const kept: Partial<Proof> = { ...proof };
    delete (kept as { seed?: number }).seed;
    assert.deepEqual(record.proofs, [
      { ...kept, step: 'Fold', values: [] },
      { ...kept, step: 'Clear', values: [] },
    ]);
    assert.equal(record.proofWords, 'Float still computes the same: 2 steps of 2 exact.');
  });

  it('tells versions apart where there are several', () => {
    const one = { label: 'Fold', version: '0.1.0' };
    const about = (...entries: readonly AnyFields[]): (string | undefined)[] =>
      (fileRecordOf(entries)?.changes ?? []).map((change) => change.about);
    assert.deepEqual(about(one, one), ['', '']);
    assert.deepEqual(about(one, { ...one, version: '0.2.0' }), [
      'by Rangefinder 0.1.0',
      'by Rangefinder 0.2.0',
    ]);
  });

  it('says whose words these are, and that nothing was measured again', () => {
    const [one, two] = [1, 2].map((nth) => ({ label: `Step ${nth}`, version: `0.${nth}.0` }));
    assert.match(
      fileRecordOf([one!])?.words ?? '',
      /^Rangefinder 0\.1\.0 wrote 1 change into .* nothing of it was measured again now/,
    );
    assert.match(
      fileRecordOf([one!, two!])?.words ?? '',
      /^Rangefinder 0\.1\.0 and 0\.2\.0 wrote 2 changes/,
    );
    assert.match(fileRecordOf([{ label: 'Step' }])?.words ?? '', /^Rangefinder wrote 1 change /);
  });

  it('is less where an earlier version wrote less, and does not read more into it', () => {
    const { exercised, exact, maxAbs, maxRel, samples, source } = proof;
    const old = { exercised, exact, maxAbs, maxRel, samples, source };
    const entry = { step: 'equalize', label: 'Equalize 1 set', options: {}, version: '0.1.0' };
    const record = fileRecordOf([
      { ...entry, proofs: [{ step: 'equalize', ...old }] },
      { ...entry, proofs: [{ step: 'equalize', ...old, exercised: false, exact: false }] },
      { ...entry, step: 'correct', proofs: [] },
      { ...entry, step: 'correct', proofs: [{ step: 'correct', ...old, exact: false }] },
      { ...entry, step: 'correct', proofs: [], options: { remove: true } },
    ]);
    assert.equal(record?.changes.length, 5);
    const [known, unknown, unproved, forGrid, ...rest] = record.proofs;
    assert.deepEqual(known, { ...old, step: 'Equalize', values: [] });
    assert.match(unknown?.unavailable ?? '', /does not say whether/);
    assert.equal(unproved?.unavailable, 'No proof of it is recorded.');
    assert.match(forGrid?.note ?? '', /made for their grid/);
    assert.deepEqual(rest, [], 'biases that were brought back need no proof');
    assert.equal(record.proofWords, '1 step of 4 exact, 2 without a proof, 1 made for the grid.');
    assert.equal(record.repair, undefined);
  });

  it('names the samples, and not the folders of who used them', () => {
    const data = { path: '/home/somebody/secret/imagenet-a', labels: '/home/somebody/labels.txt' };
    const text = JSON.stringify(noteChange('correct', 'Correct', { data, method: 'mixed' }, []));
    assert.ok(!text.includes('somebody'), text);
    assert.match(text, /"path":"imagenet-a","labels":"labels.txt"/);
  });

  it('is nothing where the note has none of ours', () => {
    for (const entry of [{}, { label: 3 }, { label: ' ' }, { label: ['x'] }, { step: 'fold' }]) {
      assert.equal(fileRecordOf([entry]), undefined);
    }
    assert.equal(fileRecordOf([]), undefined);
  });

  it('leaves out of a broken note what it cannot have, and keeps the rest', () => {
    const garbage: unknown[] = [null, 1, 'x', [], {}, { step: 'fold' }, { step: '__proto__' }];
    const wrong = [-1, '1', null, {}, []].map((maxRel) => ({ ...proof, step: 'fold', maxRel }));
    for (const bad of [...garbage, ...wrong]) {
      const entry = asFile({ label: 'Fold', step: 'fold', format: 2, proofs: [bad] });
      const record = fileRecordOf([entry]);
      assert.equal(record?.proofs.length, 1, JSON.stringify(bad));
      assert.equal(record.proofs[0]?.unavailable, 'No proof of it is recorded.');
    }
    for (const bad of [...garbage, { summary: 'x' }, { summary: 'x', rows: [] }, { rows: [{}] }]) {
      assert.equal(fileRecordOf([{ label: 'Fold', repair: bad }])?.repair, undefined);
    }
    const row = {
      title: 'Fold',
      isKept: 'yes',
      beforeDb: 'x',
      afterDb: 1,
      refused: 1.5,
      movedBy: -1,
    };
    const odd = { summary: 'x', of: 'vibes', rows: [row, { isKept: true }, null] };
    assert.deepEqual(fileRecordOf([{ label: 'Fold', repair: odd }])?.repair, {
      summary: 'x',
      rows: [{ title: 'Fold', isKept: false, text: '' }],
    });
  });

  it('cannot turn the text around it, and is no longer than anybody reads', () => {
    const label = `A\u202Efdp\u0000\nB\ud800${'x'.repeat(5000)}`;
    const entries = Array.from({ length: 500 }, () => ({ label, version: '\u2067' }));
    const record = fileRecordOf(entries);
    assert.equal(record?.changes.length, 200);
    assert.match(record.changes[0]?.label ?? '', /^A fdp B x+$/);
    assert.ok((record.changes[0]?.label.length ?? 0) <= 2000);
    assert.equal(record.changes[0]?.version, undefined);
  });
});
