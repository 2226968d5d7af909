import type { PanelCommand } from '../../server/protocol/model.ts';
import type { Fault } from '../../server/protocol/requests.ts';

/** Something to tell on every panel of the model. */
export type Notice =
  | {
      readonly kind: 'failed';
      readonly title: string;
      readonly fault: Fault;
      /** What tries the same once more. */
      readonly again?: PanelCommand;
    }
  | { readonly kind: 'stopped'; readonly text: string; readonly again?: PanelCommand }
  | { readonly kind: 'note'; readonly text: string; readonly offers?: 'previewEqualize' };
