import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { noJob } from '../../../server/core/job.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { encodingsText } from '../../../server/text/encodings/encodingsText.ts';
import { OpenText } from '../../../server/text/openText.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const models = process.env['RANGEFINDER_MODELS'] ?? path.join(root, '../shared/models');
const oracle = process.env['RANGEFINDER_ORACLE'] ?? path.join(root, '../shared/oracle');
const folder = path.join(oracle, 'encodings/micro-kws-m');
const file = path.join(models, 'micro-kws-m/micro_kws_m_static_fp32.onnx');

describe('files of AIMET in an editor', () => {
  it('have no problems, and words for every entry, where no target was chosen', async function () {
    if (!existsSync(folder) || !existsSync(file)) this.skip();
    const opened = await openDocument(file, noJob);
    assert.ok(opened.ok);
    const { graph } = opened.value;
    const model = { path: file, graph, opened: graph, target: undefined };
    const names = readdirSync(folder).filter((name) => name.endsWith('.encodings'));
    assert.ok(names.length > 10);
    for (const name of names) {
      const content = readFileSync(path.join(folder, name), 'utf8');
      const text = new OpenText(path.join(folder, name), content, 'encodings', false);
      assert.deepEqual(encodingsText.problems(text, model), [], name);
      const items = encodingsText.outline(text).flatMap(({ children }) => children);
      assert.ok(items.length > 10, name);
      for (const item of items) {
        const hover = encodingsText.hover(text, item.namePlace.start + 1, model);
        assert.ok(
          hover?.words.includes('in steps of') || hover?.words.includes('scales'),
          item.name,
        );
      }
    }
    opened.value.dispose();
  });
});
