import type { LayerRow } from '../../server/protocol/model.ts';
import { byRank, describeRow, glyphs } from '../layerRank.ts';
import type { ActiveModel, Host } from '../host.ts';

/** Asks for a layer, the selected one first and then worst first. `isOffered`: not for all. */
export async function pickLayer(
  host: Host,
  model: ActiveModel,
  title: string,
  isOffered: (row: LayerRow) => boolean = () => true,
): Promise<number | undefined> {
  const rows = model.state ? byRank(model.state.layers, model.state.target.granularity) : [];
  const isSelected = (id: number): boolean => host.selection.includes(id);
  const sorted = rows
    .filter(isOffered)
    .sort((a, b) => Number(isSelected(b.id)) - Number(isSelected(a.id)));
  return host.choose(
    title,
    sorted.map((row) => ({
      label: `${glyphs[row.mark]} ${row.name}`,
      description: row.operator,
      detail: describeRow(row),
      value: row.id,
    })),
  );
}
