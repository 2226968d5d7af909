import type { FloatArray } from '../graph/tensor.ts';
import { gatherChannels, type ChannelRows } from '../kernels/channelRows.ts';
import { RangeCollector } from '../kernels/statsRanges.ts';
import { findGrid, histogramOf } from '../ranges/findGrid.ts';
import { statisticsOf } from '../ranges/statisticsCollector.ts';
import { channelGridsOf, gridsOf, signedFormat, type GridFormat, type Grids } from './grid.ts';
import type { RangeMethod } from './targets.ts';

/**
 * The grid of each channel of a constant, found by a method from the channel's own values; what is
 * not finite is left out.
 */
export function weightGrids(
  values: FloatArray,
  rows: ChannelRows,
  range: RangeMethod,
  format: GridFormat,
): Grids {
  if (range === 'minmax') {
    const collector = new RangeCollector(rows);
    collector.add(values, 0);
    const { min, max, isFaulty } = collector.finish();
    if (!isFaulty.includes(1)) return channelGridsOf(min, max, format);
  }
  const perChannel = rows.length * rows.repeats;
  const gathered = gatherChannels(values, rows);
  const kind = histogramOf(range);
  const statistics = Array.from({ length: rows.channels }, (_, c) =>
    statisticsOf(gathered.subarray(c * perChannel, (c + 1) * perChannel), kind),
  );
  const isSigned = statistics.some(({ min }) => min < 0);
  const shared = isSigned ? signedFormat(format) : format;
  return gridsOf(
    statistics.map((channel) => findGrid(channel, range, shared)),
    format.bits,
  );
}
