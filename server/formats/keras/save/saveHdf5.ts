import type { KerasChanges } from '../source.ts';
export const saveHdf5 = (_place: { path: string; base: string; style: string }, _target: string, _changes: KerasChanges | undefined): Promise<string[]> => Promise.resolve([]);
