import type { CorrectionState } from '../protocol/data.ts';
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
      | 'proofWords'
      | 'encodings'
      | 'issues'
    >,
    Partial<Pick<ModelState, 'data' | 'evaluation' | 'repair' | 'record'>> {
  /** How it stands, in one or two sentences. */
  readonly verdict: string;
  /** `rangefinder repair net.onnx`, `Rangefinder in VS Code`. */
  readonly madeBy: string;
  /** Version of Rangefinder. */
  readonly version: string;
  /** What was found before anything was changed; absent: nothing was. */
  readonly opened?: OpenedFindings;
  /** Biases that are made for a grid. */
  readonly correction?: Pick<CorrectionState, 'grid' | 'layers' | 'differs' | 'words'>;
  /** What was applied, in order: `Equalize 14 sets`. */
  readonly changes: readonly { readonly label: string; readonly note: string }[];
  /** It shows what would be: nothing of it was applied. */
  readonly isPreview: boolean;
  /** Absent: not known yet; it is found when the report is written. */
  readonly origin?: ReportOrigin;
  /** Of all that was drawn by chance. */
  readonly seed: number;
  /** Numbers of the samples that serve each purpose; absent: there are none. */
  readonly indices?: Readonly<Record<string, readonly number[]>>;
  /** Options, engine: what else somebody needs who does it again. */
  readonly settings: readonly { readonly name: string; readonly value: string }[];
}

/** Which bytes a report is of, and when it was made. */
export interface ReportOrigin {
  /** Local time with its distance from UTC: `2026-11-22T10:03:12+01:00`. */
  readonly madeAt: string;
  readonly files: readonly ReportedFile[];
  /** What is shown has changes that none of the files has. */
  readonly isUnsaved: boolean;
  /** The model's file is another one by now than the one that was opened. */
  readonly isChangedOnDisk: boolean;
}

/** A file as it lies on disk. */
export interface ReportedFile {
  readonly name: string;
  /** `weights`: beside the model, of the model before it; `written`: made of the model. */
  readonly role: 'model' | 'weights' | 'written';
  /** Absent, as its hash: it is not there any more. */
  readonly sizeBytes?: number;
  readonly sha256?: string;
}

/** What was wrong with the model as it was opened. */
export interface OpenedFindings {
  readonly findings: ModelState['findings'];
  /** Of the layers that the findings name. */
  readonly layers: readonly { readonly id: number; readonly name: string }[];
}
