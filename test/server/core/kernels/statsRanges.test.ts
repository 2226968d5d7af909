import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ChannelRows } from '../../../../server/core/kernels/channelRows.ts';
import { RangeCollector } from '../../../../server/core/kernels/statsRanges.ts';
import { roomSingles } from '../../../../server/core/kernels/kernelModule.ts';
import { WeightKernels } from '../../../../server/core/kernels/weightKernels.ts';
import { weightsSource } from '../../../../server/core/kernels/weightsWasm.ts';
import { Random } from '../../../kit/random.ts';

/** Rows one after the other, each channel once. */
const plain = (channels: number, length: number): ChannelRows => ({
  ...{ length, count: channels, channels },
  ...{ turn: channels, repeats: 1 },
});

/** Output channels in turns, as ConvTranspose and MatMul have them. */
const inTurns = (groups: number, turn: number, repeats: number, length: number): ChannelRows => ({
  ...{ length, count: groups * turn * repeats, channels: groups * turn },
  ...{ turn, repeats },
});

const layouts: readonly (readonly [string, ChannelRows])[] = [
  ['rows of 27', plain(64, 27)],
  ['rows of 3, fewer than a vector', plain(40, 3)],
  ['one row longer than the room', plain(1, roomSingles + 13)],
  ['more rows than there is room for', plain(5, roomSingles / 2 + 3)],
  ['more channels than there is room for', plain(70_000, 1)],
  ['columns', inTurns(1, 37, 21, 1)],
  ['turns of rows', inTurns(2, 6, 5, 9)],
  ['turns of one', inTurns(3, 1, 7, 1)],
];

describe('RangeCollector', () => {
  const kernels = WeightKernels.shared();

  it('has kernels of the source that is here', () => {
    const hash = createHash('sha256');
    for (const name of ['weights', 'channels']) {
      hash.update(readFileSync(`.scripts/kernels/${name}.ts`));
    }
    assert.equal(weightsSource, hash.digest('hex'), 'run node .scripts/makeKernels.mjs');
  });

  for (const [what, rows] of layouts) {
    it(`finds the same with kernels, elsewhere and in place: ${what}`, function () {
      if (!kernels) this.skip();
      const values = new Random(7).uniform(rows.count * rows.length, -3, 3);
      values[Math.floor(values.length / 2)] = -0;
      values[values.length - 1] = NaN;
      values[0] = 1e-42; // below the least normal number
      const found = [null, kernels].map((own) => {
        const collector = new RangeCollector(rows, own);
        // In two halves, as a weight comes in parts.
        const first = Math.ceil(rows.count / 2);
        collector.add(values.subarray(0, first * rows.length), 0);
        if (first < rows.count) collector.add(values.subarray(first * rows.length), first);
        return collector.finish();
      });
      assert.deepEqual(found[1], found[0]);
      assert.equal(found[0]?.isFaulty.includes(1), true);
      const room = kernels.room(values.length);
      if (!room) return;
      room.set(values);
      const collector = new RangeCollector(rows, kernels);
      collector.add(room, 0);
      assert.deepEqual(collector.finish(), found[0]);
    });
  }
});
