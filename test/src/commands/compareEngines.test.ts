import assert from 'node:assert/strict';
import type { CompareEnginesReply } from '../../../server/protocol/requests.ts';
import { compareEngines } from '../../../src/commands/compareEngines.ts';
import { FakeHost } from '../fakeHost.ts';

const reply: CompareEnginesReply = {
  engines: ['ONNX Runtime 1.30.0 (cpu)', 'TensorFlow.js 4.22.0 (wasm)'],
  samples: 4,
  source: 'synthetic, seed 1',
  tolerance: 1e-4,
  values: [
    { name: 'conv1', maxAbs: 0, maxRel: 0 },
    { name: 'a|b', maxAbs: 2, maxRel: 0.25 },
  ],
  notes: ['TensorFlow itself is not installed.'],
};

async function shown(engines: CompareEnginesReply | undefined): Promise<string | undefined> {
  const host = new FakeHost();
  if (host.model) host.model.engines = engines;
  await compareEngines.run(host);
  const call = host.calls.find(([name]) => name === 'showText');
  return call && String(call[2]);
}

describe('compareEngines command', () => {
  it('shows what differs first, with the layer and by how much', async () => {
    const text = (await shown(reply)) ?? '';
    assert.match(
      text,
      /^# net\.onnx: ONNX Runtime 1\.30\.0 \(cpu\) beside TensorFlow\.js 4\.22\.0/,
    );
    assert.match(text, /The engines differ: "a\|b" by 2\.5e-1 of its largest value\./);
    assert.match(text, /\| a\\\|b \| 2\.0e\+0 \| 2\.5e-1 \|\n\| conv1 \| 0 \| 0 \|/);
    assert.match(text, /TensorFlow itself is not installed\./);
  });

  it('says that they agree', async () => {
    const text = await shown({ ...reply, values: reply.values.slice(0, 1) });
    assert.match(text ?? '', /The engines agree: no layer differs by more than 1\.0e-4/);
  });

  it('shows nothing where the server refused', async () => {
    assert.equal(await shown(undefined), undefined);
  });
});
