import assert from 'node:assert/strict';
import { byRank, describeRow, formatDb, shortNames } from '../../src/layerRank.ts';
import { figures, layerRow } from './modelStates.ts';

describe('layers by rank', () => {
  const texts: readonly (readonly [Parameters<typeof formatDb>[0], string])[] = [
    [37, '37.0 dB'],
    [6.64, '6.6 dB'],
    [-0.2, '−0.2 dB'],
    ['inf', 'exact'],
    ['-inf', 'no signal'],
    ['nan', '–'],
  ];
  for (const [value, text] of texts) {
    it(`writes ${value} as ${text}`, () => assert.equal(formatDb(value), text));
  }

  it('puts faults first, then the lowest figure, then what is not measured', () => {
    const rows = [
      layerRow(1, 'good', 40),
      layerRow(2, 'unmeasured', 0, { isMeasured: false }),
      layerRow(3, 'exact', 'inf'),
      layerRow(4, 'bad', 3),
      layerRow(5, 'broken', 'nan', { fault: 'NaN in the weights' }),
    ];
    const names = byRank(rows, 'channel').map(({ name }) => name);
    assert.deepEqual(names.slice(0, 3), ['broken', 'bad', 'good']);
    assert.deepEqual(new Set(names.slice(3)), new Set(['unmeasured', 'exact']));
  });

  it('ranks by the gap to one scale a channel where the target has one for the tensor', () => {
    const at = (id: number, tensor: number, channel: number): ReturnType<typeof layerRow> =>
      layerRow(id, `layer ${id}`, tensor, {
        now: { ...figures(tensor), sqnrChannel: channel },
      });
    const rows = [at(1, 20, 22), at(2, 30, 45), at(3, 25, 35)];
    assert.deepEqual(
      byRank(rows, 'tensor').map(({ id }) => id),
      [2, 3, 1],
    );
    assert.deepEqual(
      byRank(rows, 'channel').map(({ id }) => id),
      [1, 3, 2],
    );
  });

  it('ranks and describes by what is estimated of that where there are no samples', () => {
    const at = (id: number, tensor: number, estimated?: number): ReturnType<typeof layerRow> => {
      const now = { ...figures(tensor), ...(estimated === undefined ? {} : { estimated }) };
      return layerRow(id, `layer ${id}`, tensor, { now });
    };
    const rows = [at(1, 20, 35), at(2, 40, -6.7), at(3, 10)];
    assert.deepEqual(
      byRank(rows, 'tensor').map(({ id }) => id),
      [2, 1, 3],
    );
    assert.deepEqual(rows.map(describeRow), ['about 35.0 dB', 'about −6.7 dB', '10.0 dB']);
    const before = { ...figures(40), estimated: -6.7 };
    assert.equal(describeRow({ ...at(1, 40, 35), before }), 'about 35.0 dB, was −6.7');
    const unjudged = { local: 'nan', weights: 'nan', activations: 'nan', soFar: 'nan' } as const;
    // While samples are run, ranges are known before any layer is judged.
    const begun = rows.map((one) => ({ ...one, data: { now: unjudged } }));
    assert.deepEqual(
      byRank(begun, 'tensor').map(({ id }) => id),
      [2, 1, 3],
    );
  });

  it('ranks and describes by the outputs with only that layer quantized, where samples say it', () => {
    const measured = (id: number, weights: number, alone: number, was?: number) => {
      const data = (value: number) => ({
        local: 1,
        weights: 1,
        activations: 1,
        soFar: 1,
        alone: value,
      });
      const before = was === undefined ? {} : { before: data(was) };
      return layerRow(id, `layer ${id}`, weights, { data: { now: data(alone), ...before } });
    };
    const rows = [measured(1, 10, 40), measured(2, 30, 12, 6.64), layerRow(3, 'not there yet', 1)];
    assert.deepEqual(
      byRank(rows, 'channel').map(({ id }) => id),
      [2, 1, 3],
    );
    assert.deepEqual(rows.map(describeRow), ['40.0 dB', '12.0 dB, was 6.6', '1.0 dB']);
  });

  it('leaves out the path that all names share', () => {
    const rows = ['net/v2/a/conv', 'net/v2/b/conv', 'net/v2/abc;net/v1'].map((name, id) =>
      layerRow(id, name, 30),
    );
    assert.deepEqual([...shortNames(rows).values()], ['a/conv', 'b/conv', 'abc']);
    const fused = ['net/a;x', 'net/a;y'].map((name, id) => layerRow(id, name, 30));
    assert.deepEqual([...shortNames(fused).values()], ['a;x', 'a;y']);
    assert.deepEqual([...shortNames([layerRow(0, 'net/only', 3)]).values()], ['net/only']);
    assert.deepEqual([...shortNames([]).values()], []);
  });

  it('says what a layer has and had', () => {
    assert.equal(describeRow(layerRow(1, 'a', 37, { before: figures(6.6) })), '37.0 dB, was 6.6');
    assert.equal(describeRow(layerRow(1, 'a', 37, { before: figures(37.01) })), '37.0 dB');
    assert.equal(describeRow(layerRow(1, 'a', 37)), '37.0 dB');
    assert.equal(describeRow(layerRow(1, 'a', 0, { isMeasured: false })), 'measuring…');
    assert.equal(describeRow(layerRow(1, 'a', 0, { fault: 'NaN' })), 'NaN');
  });
});
