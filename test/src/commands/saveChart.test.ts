import assert from 'node:assert/strict';
import { URI } from 'vscode-uri';
import type { DrawnChart } from '../../../server/protocol/panel.ts';
import { saveChart, writeChart } from '../../../src/commands/saveChart.ts';
import { FakeHost } from '../fakeHost.ts';
import { fileUri } from '../fileUri.ts';

const model = fileUri('/models/net.onnx');
const drawn: DrawnChart = {
  name: 'conv1.weights',
  svg: '<svg>Größe</svg>',
  png: Buffer.from([137, 80, 78, 71]).toString('base64'),
};

const hostFor = (file?: string): FakeHost => {
  const host = new FakeHost();
  host.file = file === undefined ? undefined : URI.file(file);
  return host;
};
const written = (host: FakeHost): unknown[][] =>
  host.calls.filter(([call]) => call === 'writeFile').map(([, path, bytes]) => [path, bytes]);

describe('saving a chart', () => {
  it('has the page say which charts there are', async () => {
    const host = new FakeHost();
    await saveChart.run(host);
    assert.deepEqual(host.calls, [['askForChart']]);
  });

  it('asks for the format where the page did not, and proposes a name beside the model', async () => {
    const host = hostFor('/pictures/a.png');
    host.picks = ['PNG'];
    await writeChart(host, model, drawn);
    assert.deepEqual(host.asked, [
      { title: 'Save chart as', labels: ['SVG', 'PNG'] },
      { title: 'Save chart', labels: ['/models/net.conv1.weights.png'] },
    ]);
    assert.deepEqual(written(host), [['/pictures/a.png', new Uint8Array([137, 80, 78, 71])]]);
    assert.deepEqual(host.told, ['a.png was written.']);
  });

  it('writes SVG as UTF-8', async () => {
    const host = hostFor('/pictures/a.svg');
    await writeChart(host, model, { ...drawn, as: 'svg' });
    assert.deepEqual(
      written(host).map(([, bytes]) => Buffer.from(bytes as Uint8Array).toString('utf8')),
      ['<svg>Größe</svg>'],
    );
  });

  it('writes nothing where a question is put away', async () => {
    const [noFormat, noPlace] = [hostFor('/a.svg'), hostFor()];
    await writeChart(noFormat, model, drawn);
    await writeChart(noPlace, model, { ...drawn, as: 'svg' });
    assert.deepEqual([written(noFormat), written(noPlace)], [[], []]);
  });

  it('says why a file could not be written, and asks for another place', async () => {
    const host = hostFor('/locked/a.svg');
    host.diskFaults = ['EACCES: permission denied'];
    host.answers = ['Choose another place'];
    await writeChart(host, model, { ...drawn, as: 'svg' });
    assert.equal(
      host.told[0],
      'a.svg could not be written: EACCES: permission denied. Choose another place.',
    );
    assert.equal(written(host).length, 2);
    assert.equal(host.told[1], 'a.svg was written.');
  });

  it('gives up where another place is not wanted', async () => {
    const host = hostFor('/locked/a.svg');
    host.diskFaults = ['No such folder.'];
    await writeChart(host, model, { ...drawn, as: 'svg' });
    assert.deepEqual(host.told, [
      'a.svg could not be written: No such folder. Choose another place.',
    ]);
    assert.equal(written(host).length, 1);
  });

  it('says where a chart is too large for pixels', async () => {
    const host = hostFor('/a.png');
    await writeChart(host, model, { name: 'graph', svg: '<svg/>', as: 'png' });
    assert.match(host.told.join(), /too large for a picture of pixels\. Save it as SVG/);
    assert.deepEqual(written(host), []);
  });
});
