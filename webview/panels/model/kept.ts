import type { GraphView } from '../../../server/protocol/graph.ts';
import type { LedgerRow } from '../../../server/protocol/model.ts';
import { graphColours, type GraphColour } from './tabs/graphColour.ts';

/** Tabs of this version. */
export const pageTabs = [
  'layers',
  'graph',
  'encodings',
  'findings',
  'ledger',
  'compare',
  'proof',
] as const;
export type PageTab = (typeof pageTabs)[number];

export const sortColumns = [
  'layer',
  'operator',
  'range',
  'spread',
  'weights',
  'estimate',
  'gap',
  'lost',
  'findings',
  'activation',
  'alone',
  'soFar',
  'bias',
] as const;
export type SortColumn = (typeof sortColumns)[number];

export interface Sort {
  readonly column: SortColumn;
  readonly isDescending: boolean;
}

export type Outcome = LedgerRow['outcome'];

/** What outlives a reload of the page: kept with `setState`. */
export interface Kept {
  readonly tab: PageTab | undefined;
  readonly filter: string;
  /** Absent: worst first, as the target has it. */
  readonly sort: Sort | undefined;
  readonly axis: 'log' | 'linear';
  /** Ids of layer rows; `current` is the one that the cockpit explains. */
  readonly selected: readonly number[];
  readonly current: number | undefined;
  readonly isByIndex: boolean;
  readonly ledgerFilter: string;
  readonly ledgerOutcome: Outcome | undefined;
  readonly graphView: GraphView;
  /** Absent: as the layers are sorted. */
  readonly graphColour: GraphColour | undefined;
  /** The steps above the graph, which is given their room until they are asked for. */
  readonly hasStepsOverGraph: boolean;
}

/** A page that nothing was done on yet. */
export const keptAtFirst: Kept = {
  tab: undefined,
  filter: '',
  sort: undefined,
  axis: 'log',
  selected: [],
  current: undefined,
  isByIndex: false,
  ledgerFilter: '',
  ledgerOutcome: undefined,
  graphView: 'layers',
  graphColour: undefined,
  hasStepsOverGraph: false,
};

const outcomes = ['refused', 'available', 'not-needed', 'done'] as const;

/** What an earlier page kept, field by field; what does not fit is as at first. */
export function readKept(raw: unknown): Kept {
  const from: Record<string, unknown> = isRecord(raw) ? raw : {};
  const sort: Record<string, unknown> = isRecord(from['sort']) ? from['sort'] : {};
  const column = oneOf(sortColumns, sort['column']);
  return {
    tab: oneOf(pageTabs, from['tab']),
    filter: textOf(from['filter']),
    sort: column ? { column, isDescending: sort['isDescending'] === true } : undefined,
    axis: from['axis'] === 'linear' ? 'linear' : 'log',
    selected: Array.isArray(from['selected']) ? from['selected'].filter(isNumber) : [],
    current: isNumber(from['current']) ? from['current'] : undefined,
    isByIndex: from['isByIndex'] === true,
    ledgerFilter: textOf(from['ledgerFilter']),
    ledgerOutcome: oneOf(outcomes, from['ledgerOutcome']),
    graphView: from['graphView'] === 'nodes' ? 'nodes' : 'layers',
    graphColour: oneOf(graphColours, from['graphColour']),
    hasStepsOverGraph: from['hasStepsOverGraph'] === true,
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const isNumber = (value: unknown): value is number => typeof value === 'number';
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const oneOf = <T extends string>(list: readonly T[], value: unknown): T | undefined =>
  list.find((item) => item === value);
