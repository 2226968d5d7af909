import assert from 'node:assert/strict';
import { URI } from 'vscode-uri';
import { compareEditors } from '../../../src/commands/compareEditors.ts';
import { compareSelected } from '../../../src/commands/compareSelected.ts';
import { compareWithDisk } from '../../../src/commands/compareWithDisk.ts';
import { compareWithFile } from '../../../src/commands/compareWithFile.ts';
import { compareWithLastCommit } from '../../../src/commands/compareWithLastCommit.ts';
import { compareWithRevision } from '../../../src/commands/compareWithRevision.ts';
import { pickSide } from '../../../src/commands/compareWith.ts';
import type { SideChoice } from '../../../src/editor/modelComparison.ts';
import { FakeHost, FakeRevisions } from '../fakeHost.ts';

/** What the model was asked to compare, sides by title. */
function asked(host: FakeHost): unknown[] {
  const titleOf = (side: SideChoice): string => {
    if (typeof side === 'string') return side;
    side.dispose();
    return side.title;
  };
  return (host.model?.calls ?? []).map(([name, ...values]) =>
    name === 'compare'
      ? [name, ...(values[0] as SideChoice[]).map(titleOf)]
      : [name, values[0], titleOf(values[1] as SideChoice)],
  );
}

describe('comparing by command', () => {
  it('compares with the last commit as it is now', async () => {
    const host = new FakeHost();
    await compareWithLastCommit.run(host);
    assert.deepEqual(asked(host), [['compare', 'net.onnx at bbbbbbb (Equalize)', 'now']]);
    assert.deepEqual(host.calls, [['showTab', 'compare']]);
  });

  it('lets any commit of the file be picked', async () => {
    const host = new FakeHost();
    host.picks = ['Add the model'];
    await compareWithRevision.run(host);
    assert.deepEqual(host.asked, [
      { title: 'Compare net.onnx with revision', labels: ['Equalize', 'Add the model'] },
    ]);
    assert.deepEqual(asked(host), [['compare', 'net.onnx at aaaaaaa (Add the model)', 'now']]);
    await compareWithRevision.run(host);
    assert.equal(host.model?.calls.length, 1, 'dismissed: nothing happens');
  });

  it('offers the models of the workspace, and the dialog', async () => {
    const host = new FakeHost();
    host.models = [URI.file('/models/net.onnx'), URI.file('/project/old/net.h5')];
    host.picks = ['net.h5', 'Browse…'];
    await compareWithFile.run(host);
    assert.deepEqual(host.asked[0]?.labels, ['net.h5', 'Browse…'], 'not with itself');
    assert.deepEqual(host.described, ['old', undefined], 'folders are those of the workspace');
    host.file = URI.file('/vendor/their.onnx');
    await compareWithFile.run(host);
    host.models = [];
    await compareWithFile.run(host);
    assert.deepEqual(asked(host), [
      ['compare', 'net.h5', 'now'],
      ['compare', 'their.onnx', 'now'],
      ['compare', 'their.onnx', 'now'],
    ]);
  });

  it('offers all models that were found, and says so where there are more', async () => {
    const host = new FakeHost();
    host.models = Array.from({ length: 1000 }, (_, i) => URI.file(`/project/${i}.onnx`));
    host.isCut = true;
    await compareWithFile.run(host);
    assert.equal(host.asked[0]?.labels.length, 1001);
    assert.equal(host.described.at(-1), 'The workspace has more models than are listed here');
  });

  it('compares with the file as somebody else left it', async () => {
    const host = new FakeHost();
    Object.assign(host.model ?? {}, { isChangedOnDisk: true });
    await compareWithDisk.run(host);
    assert.deepEqual(asked(host), [['compare', 'net.onnx on disk', 'now']]);
    const [, sides] = host.model?.calls[0] ?? [];
    const [file] = sides as readonly SideChoice[];
    assert.ok(typeof file === 'object');
    file.watch?.(() => undefined);
    assert.deepEqual([...host.watched.keys()], ['/models/net.onnx'], 'and follows it');
  });

  it('compares the sides of a diff: of the disk, of git, of others', async () => {
    const host = new FakeHost();
    await compareEditors.run(host);
    assert.match(host.told.join(), /^Open the diff of two model files first/);
    const git = (ref: string): URI =>
      URI.file('/models/net.onnx').with({ scheme: 'git', query: JSON.stringify({ ref }) });
    const modified = URI.file('/models/net.onnx');
    host.sides = { original: git('c'.repeat(40)), modified };
    await compareEditors.run(host, modified);
    host.sides = { original: git('HEAD'), modified: git('~') };
    await compareEditors.run(host);
    host.sides = { original: modified.with({ scheme: 'review' }), modified };
    await compareEditors.run(host);
    assert.deepEqual(asked(host), [
      ['compare', 'net.onnx at ccccccc', 'now'],
      ['compare', 'net.onnx at HEAD', 'net.onnx at the index'],
      ['compare', 'net.onnx (review)', 'now'],
    ]);
  });

  it('asks which side of a diff is the changed one where nothing tells', async () => {
    const host = new FakeHost();
    const [original, modified] = [URI.file('/old/net.onnx'), URI.file('/new/net.onnx')];
    host.sides = { original, modified, isGuess: true };
    await compareEditors.run(host);
    assert.deepEqual(host.asked, [
      { title: 'Which is the changed model?', labels: ['net.onnx', 'net.onnx'] },
    ]);
    assert.deepEqual(host.calls, [], 'dismissed: nothing happens');
    host.sides = { original, modified: URI.file('/new/a.onnx'), isGuess: true };
    host.picks = ['net.onnx'];
    await compareEditors.run(host);
    assert.deepEqual(host.calls[0], ['openModel', '/old/net.onnx']);
    assert.deepEqual(asked(host), [['compare', 'a.onnx', 'now']]);
  });

  it('compares the two models that are selected, the second as it is now', async () => {
    const host = new FakeHost();
    const [first, second] = [URI.file('/models/old.h5'), URI.file('/models/web/model.json')];
    await compareSelected.run(host, first, [first, second]);
    assert.deepEqual(host.calls, [
      ['openModel', '/models/web/model.json'],
      ['showTab', 'compare'],
    ]);
    assert.deepEqual(asked(host), [['compare', 'old.h5', 'now']]);
  });

  it('says what is not selected as it must be', async () => {
    const host = new FakeHost();
    const first = URI.file('/models/old.h5');
    await compareSelected.run(host);
    await compareSelected.run(host, first, [first]);
    await compareSelected.run(host, first, [first, URI.file('/models/read me.md')]);
    assert.deepEqual(host.told, [
      'Select two model files in the explorer, and choose this from their menu.',
      'Select two model files in the explorer, and choose this from their menu.',
      'read me.md is no model file, so there is nothing to compare.',
    ]);
    assert.deepEqual(host.calls, []);
  });

  it('puts on one side what a page asks for, and tells what cannot be had', async () => {
    const host = new FakeHost();
    if (!host.model) throw new Error('no model');
    await pickSide(host, host.model, 1, 'lastCommit');
    assert.deepEqual(asked(host), [['choose', 1, 'net.onnx at bbbbbbb (Equalize)']]);
    const revisions = new FakeRevisions();
    revisions.commits = [];
    host.revisions = revisions;
    await pickSide(host, host.model, 1, 'lastCommit');
    assert.match(host.told.join(), /no commit/);
  });
});
