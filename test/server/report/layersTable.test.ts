import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import type { LayerData } from '../../../server/protocol/data.ts';
import { csvColumns, layersTable } from '../../../server/report/layersTable.ts';
import { csvRows } from '../../kit/csvRows.ts';
import { layerRow, modelState } from '../../src/modelStates.ts';

const schema = JSON.parse(readFileSync('schemas/layers.schema.json', 'utf8')) as {
  definitions: {
    layer: { properties: Record<string, unknown> };
    figures: { properties: Record<string, unknown> };
  };
};

const measured: LayerData = {
  now: {
    activation: { min: -1.5, max: 6 },
    local: 30.5,
    weights: 31,
    activations: 'inf',
    soFar: 28,
    alone: 24.25,
    biasError: 0.5,
  },
  before: { local: 3, weights: 4, activations: 5, soFar: 2 },
};

/** A hostile name: a formula, a separator, a quote and a line break. */
const hostile = '=HYPERLINK("http://x",1)\n,"';

const state = modelState({
  layers: [
    layerRow(1, hostile, 'inf', { findings: ['weak-layer', 'tiny-channels'] }),
    layerRow(2, 'plain', 6.64, { data: measured }),
    layerRow(3, '-dash', 1, { isMeasured: false }),
    layerRow(4, 'broken', 1, { fault: 'NaN' }),
  ],
});

describe('layersTable', () => {
  it('writes CSV that a strict reader takes apart again', () => {
    const rows = csvRows(layersTable(state, 'csv'));
    const [head = [], first = [], plain = [], dash = [], broken = []] = rows;
    assert.equal(rows.length, 5);
    assert.deepEqual(head, csvColumns);
    assert.ok(rows.every((row) => row.length === head.length));
    const cell = (row: readonly string[], name: string): string => row[head.indexOf(name)] ?? '?';
    assert.equal(cell(first, 'name'), `'${hostile}`);
    assert.equal(cell(first, 'findings'), 'weak-layer tiny-channels');
    assert.equal(cell(first, 'chosenDb'), 'inf');
    assert.equal(cell(first, 'localDb'), '');
    assert.equal(cell(plain, 'activationMin'), '-1.5');
    assert.equal(cell(plain, 'activationsDb'), 'inf');
    assert.equal(cell(plain, 'aloneDb'), '24.25');
    assert.equal(cell(plain, 'before.soFarDb'), '2');
    assert.equal(cell(plain, 'before.chosenDb'), '');
    assert.equal(cell(dash, 'name'), "'-dash");
    assert.equal(cell(dash, 'chosenDb'), '');
    assert.equal(cell(broken, 'fault'), 'NaN');
    assert.equal(cell(broken, 'spread'), '');
  });

  it('writes JSON as the schema says, with names as they are', () => {
    const text = layersTable(state, 'json');
    const table = JSON.parse(text) as { layers: Record<string, unknown>[] };
    const validate = new Ajv({ strict: false }).compile(schema);
    assert.ok(validate(table), JSON.stringify(validate.errors?.slice(0, 3)));
    const [first, plain] = table.layers;
    assert.equal(first?.['name'], hostile);
    assert.equal(first?.['before'], undefined);
    assert.equal(plain?.['soFarDb'], 28);
    assert.deepEqual(plain?.['before'], {
      localDb: 3,
      weightsDb: 4,
      activationsDb: 5,
      soFarDb: 2,
    });
  });

  it('has no column that the schema does not describe', () => {
    const { layer, figures } = schema.definitions;
    const known = new Set([...Object.keys(layer.properties), ...Object.keys(figures.properties)]);
    const names = csvColumns.map((name) => name.replace('before.', ''));
    assert.deepEqual(
      names.filter((name) => !known.has(name)),
      [],
    );
    assert.deepEqual(new Set(names), new Set([...known].filter((name) => name !== 'before')));
  });
});
