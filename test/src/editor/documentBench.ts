import { setImmediate as turn } from 'node:timers/promises';
import type { ChangeLog } from '../../../server/protocol/requests.ts';
import type { Edit } from '../../../src/editor/changeList.ts';
import { ModelDocument } from '../../../src/editor/modelDocument.ts';
import type { Notice } from '../../../src/editor/notice.ts';
import { fileUri } from '../fileUri.ts';
import { FakeServer } from '../fakeServer.ts';
import { modelState } from '../modelStates.ts';

/** A document on a fake server, with what it told VS Code. */
export class Bench {
  readonly server = new FakeServer();
  readonly edits: Edit[] = [];
  readonly notices: Notice[] = [];
  /** The siblings that the disk was asked about. */
  readonly asked: (readonly string[])[] = [];
  fingerprint: string | undefined = 'as opened';
  readonly document: ModelDocument;

  constructor(uri = fileUri('/models/net.onnx')) {
    this.document = new ModelDocument(uri, modelState().target, this.server, {
      // A disk answers later than a promise that is settled already.
      fingerprint: async (_uri, siblings) => {
        this.asked.push(siblings);
        await turn();
        return this.fingerprint;
      },
    });
    this.document.onDidEdit((edit) => this.edits.push(edit));
    this.document.onNotice((notice) => this.notices.push(notice));
  }

  get ids(): number[] | undefined {
    return this.document.state?.changes.map(({ id }) => id);
  }

  /** Opens, and applies these steps. */
  async with(...steps: ('fold' | 'equalize' | 'absorb')[]): Promise<this> {
    await this.document.open();
    if (steps.length > 0) await this.document.apply(steps.map((step) => ({ step })));
    return this;
  }
}

/** What a document was left with. */
export const log: ChangeLog = {
  version: 1,
  uri: 'file:///models/net.onnx',
  fileHash: 'hash',
  changes: [
    { id: 4, step: 'fold', options: {}, label: 'Fold 3 batch norms' },
    { id: 6, step: 'equalize', options: {}, label: 'Equalize 2 sets' },
  ],
};
