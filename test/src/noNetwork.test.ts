import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** What speaks to other machines, or counts what users do. */
const outward: readonly RegExp[] = [
  /from '(node:)?(https?|http2|net|tls|dgram|dns)(\/promises)?'/,
  /(import|require)\('(node:)?(https?|http2|net|tls|dgram|dns)(\/promises)?'\)/,
  /\b(createTelemetryLogger|XMLHttpRequest|WebSocket|EventSource|sendBeacon)\b/,
  /(?<![.\w])fetch\(/,
];

/** The class of a pipe to a child process, which is no connection. */
const pipe = "import { Socket } from 'node:net';";

const isOutward = (text: string): boolean =>
  outward.some((one) => one.test(text.replace(pipe, ''))) || /\.connect\(|new Socket\(/.test(text);

describe('nothing of ours', () => {
  for (const room of ['src', 'server', 'webview']) {
    it(`speaks to other machines: ${room}`, () => {
      const files = readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).filter(
        (name) => name.endsWith('.ts'),
      );
      assert.ok(files.length > 20);
      const found = files.filter((name) => isOutward(readFileSync(join(root, room, name), 'utf8')));
      assert.deepEqual(found, []);
    });
  }

  it('would be missed: the check knows what it looks for', () => {
    for (const text of ["from 'node:https'", "await import('net')", 'fetch("https://x")'])
      assert.ok(isOutward(text), text);
  });
});
