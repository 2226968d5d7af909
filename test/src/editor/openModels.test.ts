import assert from 'node:assert/strict';
import type { ModelDocument } from '../../../src/editor/modelDocument.ts';
import { OpenModels } from '../../../src/editor/openModels.ts';

/** A document of which nothing is asked but that it is one. */
const documentNamed = (name: string): ModelDocument =>
  ({
    uri: { toString: () => name },
    onDidChange: () => ({ dispose: () => undefined }),
    onJob: () => ({ dispose: () => undefined }),
  }) as unknown as ModelDocument;

describe('OpenModels', () => {
  it('shows the model whose page was used, though neither side of a diff is the active editor', () => {
    const models = new OpenModels();
    const [before, original, modified] = ['a', 'b at HEAD', 'b'].map(documentNamed) as [
      ModelDocument,
      ModelDocument,
      ModelDocument,
    ];
    for (const one of [before, original, modified]) models.add(one);
    const editor = {};
    models.setActive(before, editor, true);
    models.setActive(before, editor, false);
    assert.equal(models.shown, before);
    let changes = 0;
    models.onDidChange(() => changes++);
    models.look(modified);
    models.look(modified);
    assert.equal(models.shown, modified);
    assert.equal(changes, 1);
    models.setActive(original, {}, true);
    assert.equal(models.shown, original);
    models.remove(original);
    models.dispose();
  });

  it('keeps a model active while any of its editors is', () => {
    const models = new OpenModels();
    const model = documentNamed('in a tab and in a diff');
    models.add(model);
    const [tab, side] = [{}, {}];
    models.setActive(model, tab, true);
    models.setActive(model, side, false);
    assert.equal(models.active, model);
    models.setActive(model, side, true);
    models.setActive(model, tab, false);
    assert.equal(models.active, model);
    models.setActive(model, side, false);
    assert.equal(models.active, undefined);
    models.dispose();
  });
});
