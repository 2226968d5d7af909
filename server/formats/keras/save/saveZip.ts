export const saveZip = (..._all: unknown[]): Promise<string[]> => Promise.resolve([]);
