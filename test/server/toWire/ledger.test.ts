import assert from 'node:assert/strict';
import { layersOf } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import type { Forecast } from '../../../server/session/forecast.ts';
import type { StepRecord } from '../../../server/session/changeLog.ts';
import type { StepId } from '../../../server/steps.ts';
import { ledgerOf } from '../../../server/toWire/ledger.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

const graph = smallMobileNet();
const layers = layersOf(graph, wiringOf(graph));
const idOf = (name: string): number => graph.nodes.find((node) => node.name === name)?.id ?? -1;

const record = (step: StepId, more: Partial<StepRecord>): StepRecord => ({
  step,
  applied: [],
  skipped: [],
  isExact: true,
  proof: undefined,
  ...more,
});
const forecast = (results: Partial<Record<StepId, Partial<StepRecord>>>): Forecast => ({
  folded: graph,
  isMeasured: true,
  equalized: graph,
  results: new Map(
    Object.entries(results).map(([step, given]) => {
      const { applied = [], skipped = [], isExact = true } = given;
      return [step as StepId, { applied, skipped, isExact }];
    }),
  ),
});
const set = {
  layers: ['dw', 'pw'],
  scale: [new Float64Array(8)],
  capsAdded: 1,
  spreadBefore: 90,
  spreadAfter: 3,
};

describe('ledgerOf', () => {
  it('says what was folded, in which direction', () => {
    const applied = [
      { layer: 'conv1', batchNorm: 'bn1', direction: 'backward' },
      { layer: 'fc', batchNorm: 'bn3', direction: 'forward' },
    ];
    const rows = ledgerOf(layers, [record('fold', { applied })], undefined);
    assert.deepEqual(
      rows.map(({ outcome, step, place, why }) => [outcome, step, place, why]),
      [
        ['done', 'Fold', 'conv1 → bn1', 'Backward, exact.'],
        ['done', 'Fold', 'bn3 → fc', 'Forward, exact.'],
      ],
    );
  });

  it('names the layers of a set, so that a panel can go there', () => {
    const [row] = ledgerOf(layers, [record('equalize', { applied: [set] })], undefined);
    assert.equal(row?.place, 'dw → pw');
    assert.deepEqual(row?.layers, [idOf('dw'), idOf('pw')]);
    assert.equal(row?.channels, '8');
    assert.equal(row?.why, 'Pair; ReLU6 bound kept for each channel, exact.');
  });

  it('lists what a dry run would do as available, and not again what is done', () => {
    const other = { ...set, layers: ['conv1', 'dw'] };
    const dry = forecast({ equalize: { applied: [set, other] } });
    const rows = ledgerOf(layers, [record('equalize', { applied: [set] })], dry);
    assert.deepEqual(
      rows.map(({ outcome, place }) => [outcome, place]),
      [
        ['done', 'dw → pw'],
        ['available', 'conv1 → dw'],
      ],
    );
  });

  it('gives the reason of a refusal once, as a sentence, with what would unblock it', () => {
    const skip = {
      code: 'odd',
      place: 'dw, pw',
      reason: 'the next layer pads with 0',
      remedy: 'allow it',
    };
    const dry = forecast({ absorb: { skipped: [skip] } });
    const rows = ledgerOf(layers, [record('absorb', { skipped: [skip] })], dry);
    assert.equal(rows.length, 1);
    const [row] = rows;
    assert.equal(row?.outcome, 'refused');
    assert.equal(row?.place, 'dw → pw');
    assert.equal(row?.why, 'The next layer pads with 0.');
    assert.equal(row?.unblock, 'Allow it.');
  });

  it('keeps what was measured to move the outputs too far, which a dry run cannot know', () => {
    const moved = {
      code: 'moves-outputs',
      place: 'dw → pw',
      reason: 'absorbing moves the float outputs',
      channels: { left: 3, of: 8 },
      moved: 0.09,
    };
    const place = { layers: ['dw', 'pw'], channels: 3, of: 8, borderEffect: 0 };
    const dry = forecast({ absorb: { applied: [place], isExact: false } });
    const rows = ledgerOf(layers, [record('absorb', { skipped: [moved] })], dry);
    assert.deepEqual(
      rows.map(({ outcome, place: at, channels }) => [outcome, at, channels]),
      [['refused', 'dw → pw', '3 of 8']],
    );
    assert.equal(rows[0]?.action?.label, 'Allow a larger change…');
  });

  it('groups refusals of one kind under one reason, and keeps what is particular', () => {
    const skips = ['conv1', 'dw'].map((place) => ({
      code: 'add',
      place,
      reason: `${place} is not scaled with what follows: Add joins the channels with other values`,
    }));
    const rows = ledgerOf(layers, [], forecast({ equalize: { skipped: skips } }));
    assert.equal(new Set(rows.map(({ why }) => why)).size, 1);
    assert.match(rows[1]?.detail ?? '', /^dw is not scaled/);
  });

  it('does not call it a refusal where there was nothing to do', () => {
    const skip = {
      code: 'nothing-to-absorb',
      place: 'dw',
      reason: 'no channel of it stays above 0',
    };
    const [row] = ledgerOf(layers, [], forecast({ absorb: { skipped: [skip] } }));
    assert.equal(row?.outcome, 'not-needed');
  });

  it('lists what a repair left out as refused, with its judgement', () => {
    const notKept = 'Undone: nothing gained.';
    const [row] = ledgerOf(layers, [record('equalize', { applied: [set], notKept })], undefined);
    assert.equal(row?.outcome, 'refused');
    assert.equal(row?.why, notKept);
  });

  it('lists a set that a repair left out as refused by it, until it is scaled', () => {
    const other = { ...set, layers: ['conv1', 'dw'] };
    const why = 'Repair left it out: the outputs did better.';
    const kept = record('equalize', {
      applied: [set],
      skipped: [{ code: 'ignored', place: 'conv1, dw', reason: 'dw is on the list' }],
      leftOut: { sets: [['conv1', 'dw']], why },
    });
    const dry = forecast({ equalize: { applied: [set, other] } });
    for (const found of [dry, undefined]) {
      const rows = ledgerOf(layers, [kept], found);
      assert.deepEqual(
        rows.map((row) => [row.outcome, row.step, row.place, row.code]),
        [
          ['done', 'Equalize', 'dw → pw', 'scaled'],
          ['refused', 'Equalize', 'conv1 → dw', 'not-kept'],
        ],
      );
      assert.equal(rows[1]?.why, why);
      assert.deepEqual(rows[1].action?.preview, { step: 'equalize' });
    }
    const later = ledgerOf(layers, [kept, record('equalize', { applied: [other] })], dry);
    assert.deepEqual(
      later.map(({ outcome }) => outcome),
      ['done', 'done'],
    );
  });

  it('advises to fold first only where something is left to fold', () => {
    const skip = {
      code: 'no-statistics',
      place: 'dw',
      reason: 'no batch norm was folded into it',
      remedy: 'Fold the batch norms first.',
    };
    const norm = { layer: 'conv1', batchNorm: 'bn1', direction: 'backward' };
    const unblockOf = (folds: readonly object[]): string | undefined =>
      ledgerOf(
        layers,
        [],
        forecast({ fold: { applied: folds }, absorb: { skipped: [skip] } }),
      ).find(({ code }) => code === 'no-statistics')?.unblock;
    assert.equal(unblockOf([norm]), 'Fold the batch norms first.');
    assert.equal(unblockOf([]), '');
  });

  it('says what does what would unblock a place, where a page can do it', () => {
    const skip = (code: string): object => ({ code, place: 'dw, pw', reason: code, remedy: 'do' });
    const actionOf = (step: StepId, code: string, folds: readonly object[] = []): unknown =>
      ledgerOf(
        layers,
        [],
        forecast({ fold: { applied: folds }, [step]: { skipped: [skip(code) as never] } }),
      ).find((row) => row.code === code)?.action;
    assert.deepEqual(actionOf('absorb', 'padded'), {
      label: 'Allow the border effect…',
      preview: {
        step: 'absorb',
        options: { allowBorderEffect: true, allowedChange: Number.MAX_VALUE },
      },
    });
    assert.deepEqual(actionOf('equalize', 'no-caps'), {
      label: 'Save as ONNX…',
      command: 'saveAsOnnx',
    });
    const norm = { layer: 'conv1', batchNorm: 'bn1', direction: 'backward' };
    assert.deepEqual(actionOf('absorb', 'no-statistics', [norm]), {
      label: 'Fold the batch norms…',
      preview: { step: 'fold' },
    });
    assert.equal(actionOf('absorb', 'no-statistics'), undefined, 'nothing is left to fold');
    assert.equal(actionOf('equalize', 'used-elsewhere'), undefined);
    const [left] = ledgerOf(
      layers,
      [
        record('clear', { applied: [], notKept: 'Undone.' }),
        record('equalize', { applied: [set], notKept: 'Undone.' }),
      ],
      undefined,
    );
    assert.deepEqual(left?.action, {
      label: 'Preview it by hand…',
      preview: { step: 'equalize' },
    });
  });
});
