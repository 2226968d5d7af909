export const saveTfjs = (..._all: unknown[]): Promise<string[]> => Promise.resolve([]);
