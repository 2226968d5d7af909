import { markOfKept } from '../core/diagnose/marks.ts';
import type { LayerData, LayerDataFigures } from '../protocol/data.ts';
import type { LayerRow } from '../protocol/model.ts';
import { toWire } from '../protocol/wire.ts';
import type { Measured } from '../session/measured.ts';
import type { Measurement } from '../session/measurer.ts';

/** The row with what samples say of its layer; as it is where nothing was measured. */
export function withData(
  row: LayerRow,
  measurement: Pick<Measurement, 'opened' | 'now'> | undefined,
): LayerRow {
  const now = measurement && figuresOf(measurement.now, row.name);
  if (!now || !measurement) return row;
  const before =
    measurement.now === measurement.opened ? undefined : figuresOf(measurement.opened, row.name);
  const isSame = before && JSON.stringify(before) === JSON.stringify(now);
  const data: LayerData = before && !isSame ? { now, before } : { now };
  // The mark goes by the figure that the table shows: a layer is not fine by its weights alone.
  const alone = measurement.now.sensitivity?.[row.name]?.alone;
  const kept = alone ?? measurement.now.layers?.[row.name]?.local ?? NaN;
  const mark = Number.isNaN(kept) || row.fault !== undefined ? row.mark : markOfKept(kept);
  return { ...row, mark, data };
}

function figuresOf(measured: Measured, name: string): LayerDataFigures | undefined {
  const layer = measured.layers?.[name];
  const range = measured.calibration?.ranges[name];
  if (!layer && !range) return undefined;
  const swept = measured.sensitivity?.[name];
  return {
    ...(range ? { activation: { min: range.min, max: range.max } } : {}),
    local: toWire(layer?.local ?? NaN),
    weights: toWire(layer?.weights ?? NaN),
    activations: toWire(layer?.activations ?? NaN),
    soFar: toWire(layer?.soFar ?? NaN),
    ...(swept ? { alone: toWire(swept.alone), allButThis: toWire(swept.allButThis) } : {}),
    ...(layer && layer.biasError.length > 0 ? { biasError: meanOf(layer.biasError) } : {}),
  };
}

const meanOf = (errors: readonly number[]): number =>
  errors.reduce((sum, one) => sum + Math.abs(one), 0) / errors.length;
