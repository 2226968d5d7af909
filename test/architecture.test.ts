import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** Rooms, narrowest folder first, and what each may import besides itself (ARCHITECTURE.md). */
const rooms: readonly { readonly room: string; readonly may: readonly string[] }[] = [
  { room: 'server/core', may: [] },
  { room: 'server/protocol', may: [] },
  { room: 'server/formats', may: ['server/core', 'node:', 'h5wasm', 'yauzl', 'yazl'] },
  {
    room: 'server/engines',
    may: [
      ...['server/core', 'node:', 'onnxruntime-node', '@tensorflow/tfjs-core'],
      ...[
        '@tensorflow/tfjs-layers',
        '@tensorflow/tfjs-backend-cpu',
        '@tensorflow/tfjs-backend-wasm',
      ],
    ],
  },
  {
    room: 'server',
    may: [
      'server/core',
      'server/protocol',
      'server/formats',
      'server/engines',
      'node:',
      'vscode-languageserver',
      'vscode-languageserver-textdocument',
      'vscode-uri',
      'yauzl',
      'yazl',
      '@jsquash/jpeg',
      '@jsquash/webp',
      'fast-png',
      '@hpcc-js/wasm-graphviz',
      '@resvg/resvg-wasm',
      'package.json',
    ],
  },
  {
    room: 'src',
    may: ['server/protocol', 'node:', 'vscode', 'vscode-languageclient', 'package.json'],
  },
  { room: 'webview', may: ['server/protocol', 'lit', '@vscode-elements/elements'] },
];

const root = resolve(__dirname, '..');
const roomOf = (path: string): string | undefined =>
  rooms.find(({ room }) => path === room || path.startsWith(`${room}/`))?.room;

/** The room, `node:`, or package that an import names. */
function target(file: string, specifier: string): string {
  if (specifier.startsWith('.')) {
    const path = relative(root, resolve(dirname(join(root, file)), specifier));
    return roomOf(path) ?? path;
  }
  if (specifier.startsWith('node:')) return 'node:';
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

const sources = rooms
  .filter(({ room }) => !room.includes('/'))
  .flatMap(({ room }) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${room}/${name.replaceAll('\\', '/')}`),
  );

describe('architecture', () => {
  it('every import follows an allowed edge', () => {
    const bad: string[] = [];
    for (const file of sources) {
      const room = roomOf(file) ?? '';
      const may = rooms.find((one) => one.room === room)?.may ?? [];
      const text = readFileSync(join(root, file), 'utf8');
      const imports = text.matchAll(
        /^(?:import|export)\b[^;']*?\bfrom '([^']+)'|^import '([^']+)'|\b(?:import|require)\('([^']+)'\)/gm,
      );
      for (const [, named, bare, called] of imports) {
        const specifier = named ?? bare ?? called ?? '';
        const to = target(file, specifier);
        if (to !== room && !may.includes(to)) bad.push(`${file} imports ${specifier}`);
      }
    }
    assert.deepEqual(bad, []);
  });

  it('formats do not import each other', () => {
    const bad = sources.filter((file) => {
      const format = /^server\/formats\/([^/]+)\//.exec(file)?.[1];
      if (format === undefined) return false;
      const text = readFileSync(join(root, file), 'utf8');
      return [...text.matchAll(/from '(\.\.?\/[^']+)'/g)].some(([, specifier]) => {
        const to = relative(root, resolve(dirname(join(root, file)), specifier ?? ''));
        const other = /^server\/formats\/([^/]+)\//.exec(to)?.[1];
        return other !== undefined && other !== format && other !== 'containers';
      });
    });
    assert.deepEqual(bad, []);
  });

  it('there are sources to look at', () => {
    assert.ok(sources.length > 30, `${sources.length} files`);
  });
});
