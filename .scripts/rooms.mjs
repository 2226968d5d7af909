/** The rooms of the house, each with its own tsconfig: ARCHITECTURE.md, "Rooms". */
export const rooms = [
  'server/core',
  'server/protocol',
  'server/formats',
  'server/engines',
  'server',
  'src',
  'webview',
  'test',
];
