import type { ExportParams } from '../../server/protocol/requests.ts';
import { besideModel } from '../modelFiles.ts';
import type { ActiveModel, Host } from '../host.ts';
import { tellWritten } from './tellWritten.ts';

/** What is to be written, and how the file is called where nobody says otherwise. */
export interface Result {
  readonly title: string;
  readonly ending: string;
  readonly filters: Record<string, string[]>;
  readonly what: ExportParams['what'];
}

/** Asks where to, writes, and says what there is to say, with a way to open it. */
export async function writeResult(host: Host, model: ActiveModel, result: Result): Promise<void> {
  const { title, ending, filters, what } = result;
  const to = await host.pickSaveFile(title, besideModel(model.uri, ending), filters);
  if (!to) return;
  const notes = await model.data.exportTo(to, what);
  if (!notes) return;
  tellWritten(host, to, notes);
}
