import assert from 'node:assert/strict';
import {
  aloneLimitsDb,
  gapLimitsDb as serverGaps,
} from '../../../../server/core/diagnose/marks.ts';
import type { EvaluationState } from '../../../../server/protocol/data.ts';
import type { Mark, Remedy } from '../../../../server/protocol/model.ts';
import {
  bestRemedy,
  headOf,
  isOfOutputs,
  remedyAxis,
  sortFindings,
} from '../../../../webview/panels/model/findingsModel.ts';
import {
  gapLimitsDb,
  keptInWords,
  keptLimitsDb,
  limitsInWords,
  markInWords,
} from '../../../../webview/panels/model/limits.ts';
import { outdatedPreview } from '../../../../webview/panels/model/outdated.ts';
import { keptAtFirst, readKept } from '../../../../webview/panels/model/kept.ts';
import { keepOrFirst, selectRow } from '../../../../webview/panels/model/selection.ts';
import {
  applyLabel,
  canRepair,
  factsOf,
  isHealthy,
  mainButton,
  repairInWords,
  tabsOf,
  tabToShow,
} from '../../../../webview/panels/model/viewModel.ts';
import { measuredModel } from '../../fixtureData.ts';
import { openedModel, previewedModel, repairedModel } from '../../fixtures.ts';
import { quantizedModel } from '../../fixtureStates.ts';

describe('head of the page', () => {
  it('says what the file is', () => {
    assert.deepEqual(factsOf(openedModel().file), [
      'ONNX 17',
      '1.92 MB',
      '89 nodes',
      '475,546 weights',
      'N×3×224×224 → N×1000',
    ]);
    const many = { ...openedModel().file, outputs: ['1', '2', '3', '4', '5'] };
    assert.match(factsOf(many).at(-1) ?? '', /→ 1, 2 and 3 more$/);
  });
  it('has tabs for what there is', () => {
    assert.deepEqual(
      tabsOf(openedModel()).map(({ label, badge }) => `${label} ${badge ?? ''}`.trim()),
      ['Layers 28', 'Graph', 'Findings 3', 'Ledger 77', 'Compare', 'Proof'],
    );
    assert.deepEqual(
      tabsOf(quantizedModel()).map(({ tab }) => tab),
      ['encodings', 'graph', 'findings', 'compare'],
    );
    assert.equal(tabToShow(quantizedModel(), 'ledger'), 'encodings');
    assert.equal(tabToShow(openedModel(), 'ledger'), 'ledger');
  });
  it('one button is filled: the next step', () => {
    assert.equal(mainButton(openedModel()), 'repair');
    assert.equal(mainButton(previewedModel()), 'apply');
    assert.equal(mainButton(repairedModel()), 'save');
    assert.equal(mainButton(quantizedModel()), 'openFloatModel');
    const healthy = {
      ...openedModel(),
      layers: openedModel().layers.map((row) => ({ ...row, mark: 'fine' as const })),
      findings: [],
    };
    assert.equal(mainButton(healthy), 'none', 'where nothing hurts, nothing presses');
    assert.deepEqual(repairInWords(healthy), ['Nothing to repair', 'by the weights']);
    assert.deepEqual(repairInWords(openedModel()), ['Run all steps,', 'keep what helps']);
    assert.equal(canRepair(healthy), true);
    assert.equal(canRepair(previewedModel()), false);
    assert.equal(applyLabel(['fold', 'equalize']), 'Apply 2 steps');
  });
  it('presses for no repair where chance could make the difference to float', () => {
    const { data, ...measured } = measuredModel(false, false);
    assert.ok(data && measured.evaluation);
    const { evaluation } = measured;
    const { pairedFloat, ...unpaired } = evaluation;
    assert.ok(pairedFloat);
    const judged = (more: Partial<EvaluationState>, mark: Mark = 'fine'): boolean =>
      isHealthy({
        ...measured,
        layers: measured.layers.map((row) => ({ ...row, mark })),
        // a batch norm that is not folded, say
        findings: measured.findings.map((finding) => ({ ...finding, mark: 'watch' })),
        evaluation: { ...unpaired, ...more },
      });
    const [lost, won] = [
      { onlyNow: 2, onlyFloat: 3, p: 1 },
      { onlyNow: 9, onlyFloat: 0, p: 0.004 },
    ];
    assert.equal(judged({ pairedFloat: lost }), true);
    assert.equal(judged({ pairedFloat: won }), true);
    assert.equal(judged({ pairedFloat: lost }, 'watch'), false, 'a layer is marked');
    assert.equal(judged({ pairedFloat: lost, isStale: true }), false, 'of another target');
    const worse = { onlyNow: 0, onlyFloat: 9, p: 0.004 };
    assert.equal(judged({ pairedFloat: worse }), false);
    const at = (sqnrDb: number): Partial<EvaluationState> => ({
      rows: [{ state: 'now', title: 'Quantized now', sqnrDb }],
    });
    assert.deepEqual(
      [19.9, 20].map(at).map((more) => judged(more)),
      [false, true],
    );
  });
  it('says whether what the lowest layer keeps is fine, by the limits in force', () => {
    const words = (weakDb: number): string[] =>
      [19.9, 20, 27.9, 28, Infinity].map((db) => keptInWords(db, weakDb));
    assert.deepEqual(words(20), ['weak', 'worth a look', 'worth a look', 'fine', 'fine']);
    assert.deepEqual(words(0).slice(0, 2), ['worth a look', 'worth a look']);
    assert.deepEqual(words(40), ['weak', 'weak', 'weak', 'weak', 'fine']);
    assert.equal(
      limitsInWords(20),
      'Under 20 dB is weak, under 28 dB is worth a look, the rest is fine',
    );
    assert.equal(limitsInWords(0), 'Under 28 dB is worth a look, the rest is fine');
    assert.equal(limitsInWords(40), 'Under 40 dB is weak, the rest is fine');
  });
  it('names the limits that the server marks by', () => {
    assert.deepEqual(keptLimitsDb, aloneLimitsDb);
    assert.deepEqual(gapLimitsDb, serverGaps);
    assert.equal(markInWords('hurts', 'samples'), 'weak: under 20 dB by itself');
    assert.equal(markInWords('watch', 'weights'), 'worth a look: under 28 dB');
    assert.equal(markInWords('hurts', 'estimates'), 'weak: under about 20 dB alone');
    assert.equal(markInWords('hurts', 'sharing'), 'weak: gap over 15 or under 20 dB');
  });
});

describe('a preview that another target took away', () => {
  const { preview, ...plain } = previewedModel();
  const asked = { type: 'preview', steps: ['equalize'], layers: [5] } as const;
  const known = { model: previewedModel(), outdated: undefined, asked: undefined };
  const other = {
    ...plain,
    target: { ...plain.target, granularity: 'channel' as const },
    targetLabel: 'W8 A8 · per channel · strict',
  };
  it('is told, with what makes it anew', () => {
    assert.deepEqual(outdatedPreview(known, other), {
      text: 'Preview of Repair was for W8 A8 · per tensor · strict. Nothing of it was applied.',
      again: { type: 'preview', steps: ['fold', 'equalize'] },
    });
    const repair = { ...previewedModel(), preview: { ...preview!, isRepair: true as const } };
    assert.equal(outdatedPreview({ ...known, model: repair }, other)?.again, 'previewRepair');
    const one = { ...previewedModel(), preview: { title: 'x', steps: ['equalize'] as const } };
    assert.equal(outdatedPreview({ ...known, model: one, asked }, other)?.again, asked);
  });
  it('stays told until there is another, or something is applied', () => {
    const outdated = outdatedPreview(known, other);
    const later = { model: other, outdated, asked: undefined };
    assert.equal(outdatedPreview(later, other), outdated);
    assert.equal(outdatedPreview(later, { ...other, preview: preview! }), undefined);
    const { changes } = repairedModel();
    assert.equal(outdatedPreview(later, { ...other, changes }), undefined);
  });
  it('is not told of what was discarded or applied', () => {
    assert.equal(outdatedPreview(known, plain), undefined);
    assert.equal(outdatedPreview(known, { ...other, changes: repairedModel().changes }), undefined);
  });
  it('goes with other samples too', () => {
    const { data } = measuredModel(false, false);
    const next = { ...plain, ...(data ? { data } : {}) };
    assert.match(
      outdatedPreview(known, next)?.text ?? '',
      /^Preview of Repair was made with other/,
    );
  });
});

describe('what a page kept', () => {
  it('is read field by field', () => {
    const kept = readKept({
      tab: 'ledger',
      filter: 'dw',
      sort: { column: 'gap', isDescending: false },
      selected: [1, 'x'],
      current: 1,
    });
    assert.deepEqual(kept, {
      ...keptAtFirst,
      tab: 'ledger',
      filter: 'dw',
      sort: { column: 'gap', isDescending: false },
      selected: [1],
      current: 1,
    });
  });
  it('of another version does no harm', () => {
    for (const raw of [
      undefined,
      null,
      3,
      'x',
      { tab: 'spectrum', sort: { column: 'phase' }, axis: 7, graphView: 1, graphColour: 'blue' },
    ])
      assert.deepEqual(readKept(raw), keptAtFirst);
  });
});

describe('selection', () => {
  const ids = [10, 11, 12, 13, 14];
  const one = { selected: [11], current: 11, anchor: 11 };
  const gesture = { extend: false, toggle: false, isPress: true };
  it('a press selects one row', () =>
    assert.deepEqual(selectRow(one, ids, 3, gesture), { selected: [13], current: 13, anchor: 13 }));
  it('Shift selects from the anchor, both ways', () => {
    const down = selectRow(one, ids, 3, { ...gesture, extend: true });
    assert.deepEqual(down, { selected: [11, 12, 13], current: 13, anchor: 11 });
    assert.deepEqual(selectRow(down, ids, 0, { ...gesture, extend: true }), {
      selected: [10, 11],
      current: 10,
      anchor: 11,
    });
  });
  it('Ctrl adds and takes away, but never the last', () => {
    const two = selectRow(one, ids, 4, { ...gesture, toggle: true });
    assert.deepEqual(two.selected, [11, 14]);
    assert.deepEqual(selectRow(two, ids, 1, { ...gesture, toggle: true }).selected, [14]);
    assert.deepEqual(selectRow(one, ids, 1, { ...gesture, toggle: true }).selected, [11]);
  });
  it('stays where its rows are, else takes the first', () => {
    assert.equal(keepOrFirst(one, ids), one);
    assert.deepEqual(keepOrFirst({ selected: [99], current: 99, anchor: 99 }, ids).selected, [10]);
    assert.deepEqual(
      keepOrFirst({ selected: [], current: undefined, anchor: undefined }, []).selected,
      [],
    );
  });
});

describe('findings', () => {
  const remedy = (toDb: Remedy['toDb'], isMeasured = true): Remedy => ({
    label: String(toDb),
    fromDb: 12,
    toDb,
    isMeasured,
  });
  it('the best remedy gains most; none where none gains', () => {
    assert.equal(bestRemedy([remedy(20), remedy(31), remedy(14)])?.toDb, 31);
    assert.equal(bestRemedy([remedy(20), remedy('inf')])?.toDb, 'inf');
    assert.equal(bestRemedy([remedy(11), remedy(40, false)]), undefined);
  });
  it('heads the figures by what they are of, and nothing that has none', () => {
    const of = (what: 'outputs' | 'logits'): Remedy => ({ ...remedy(20), of: what });
    const note: Remedy = { ...remedy('nan', false), note: 'exact: outputs stay' };
    assert.equal(headOf([remedy(20)]).head, 'Weights, dB');
    assert.equal(headOf([of('outputs')]).head, 'Output SQNR, dB');
    assert.equal(headOf([note, of('logits')]).head, 'Logits SQNR, dB');
    assert.equal(headOf([remedy(20, false)]).head, 'Weights, dB');
    assert.equal(headOf([note]).head, '');
    assert.deepEqual([isOfOutputs(remedy(20)), isOfOutputs(of('logits'))], [false, true]);
  });
  it('one axis for all, with 0 in it', () => {
    const finding = {
      code: '',
      mark: 'hurts',
      title: '',
      text: '',
      layers: [],
      remedies: [remedy(31), remedy(-3), remedy('inf')],
    } as const;
    assert.deepEqual(remedyAxis([finding], [0, 1]).domain, [-5, 35]);
    assert.deepEqual(remedyAxis([], [0, 1]).domain, [0, 20]);
  });
  it('worst first, else as the server has them', () => {
    assert.deepEqual(
      sortFindings(openedModel().findings).map(({ code }) => code),
      ['uneven-channels', 'dead-channels', 'relu6-in-set'],
    );
  });
});
