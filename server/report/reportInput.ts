import type { ModelState } from '../protocol/model.ts';

/** All that a report says. Plain data: the editor and the command line both make it. */
export interface ReportInput
  extends
    Pick<
      ModelState,
      | 'file'
      | 'kind'
      | 'target'
      | 'targetLabel'
      | 'layers'
      | 'findings'
      | 'ledger'
      | 'proofs'
      | 'encodings'
      | 'issues'
    >,
    Partial<Pick<ModelState, 'data' | 'evaluation' | 'repair' | 'correction'>> {
  /** How it stands, in one or two sentences. */
  readonly verdict: string;
  /** `rangefinder repair net.onnx`, `Rangefinder in VS Code`. */
  readonly madeBy: string;
  /** Version of Rangefinder. */
  readonly version: string;
  /** What was applied, in order: `Equalize 14 sets`. */
  readonly changes: readonly { readonly label: string; readonly note: string }[];
  /** It shows what would be: nothing of it was applied. */
  readonly isPreview: boolean;
  /** Seeds, sample ranges, options: what somebody needs who does it again. */
  readonly settings: readonly { readonly name: string; readonly value: string }[];
}
