import type { Fault } from '../../server/protocol/requests.ts';

/** Something to tell on every panel of the model. */
export type Notice =
  | { readonly kind: 'failed'; readonly title: string; readonly fault: Fault }
  | { readonly kind: 'stopped'; readonly text: string }
  | { readonly kind: 'note'; readonly text: string; readonly offers?: 'previewEqualize' };
