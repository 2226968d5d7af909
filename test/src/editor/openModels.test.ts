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
    models.setActive(before, true);
    models.setActive(before, false);
    assert.equal(models.shown, before);
    let changes = 0;
    models.onDidChange(() => changes++);
    models.look(modified);
    models.look(modified);
    assert.equal(models.shown, modified);
    assert.equal(changes, 1);
    models.setActive(original, true);
    assert.equal(models.shown, original);
    models.remove(original);
    models.dispose();
  });
});
