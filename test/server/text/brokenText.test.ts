import assert from 'node:assert/strict';
import { textsBeside, twoLayers } from '../../kit/textsBeside.ts';

const layer = (name: string, more = '') =>
  `{"class_name": "Dense", "config": {"name": "${name}"${more}}, "inbound_nodes": [`;

/** A text with the caret at `|`, what is offered there, and the text after the first of them. */
interface Case {
  readonly file: string;
  readonly text: string;
  readonly offered: readonly string[];
  readonly after: string;
}

const layers = ['first', 'second'];
const flags = ['True', 'False'];
const cases: Record<string, Case> = {
  'a quote in a list that has just been typed': {
    file: 'rangefinder.json',
    text: '{\n  "sets": [["first", "|]],\n  "data": "x"\n}',
    offered: layers,
    after: '{\n  "sets": [["first", "first"]],\n  "data": "x"\n}',
  },
  'half a name, and nothing behind it': {
    file: 'rangefinder.json',
    text: '{\n  "sets": [["sec|',
    offered: layers,
    after: '{\n  "sets": [["first"',
  },
  'a list that is open before the next setting': {
    file: 'rangefinder.json',
    text: '{\n  "sets": [["first", "|"\n  "data": "x",\n  "judge": ,\n}',
    offered: layers,
    after: '{\n  "sets": [["first", "first"\n  "data": "x",\n  "judge": ,\n}',
  },
  'a comma that is missing': {
    file: 'rangefinder.json',
    text: '{\n  "sets": [["first" "|"]]\n}',
    offered: layers,
    after: '{\n  "sets": [["first" "first"]]\n}',
  },
  'a flag of a configuration': {
    file: 'target.json',
    text: '{"defaults": {"ops": {"is_output_quantized": "|}}, "params": {}, "op_type": {}, "supergroups": [], "model_input": {}}',
    offered: flags,
    after:
      '{"defaults": {"ops": {"is_output_quantized": "True"}}, "params": {}, "op_type": {}, "supergroups": [], "model_input": {}}',
  },
  'a name of a tensor, before its colon': {
    file: 'net.encodings',
    text: '{"activation_encodings": {"x": [{"bitwidth": 8}], "|}, "param_encodings": {"w": []}}',
    offered: ['b', 'y'],
    after: '{"activation_encodings": {"x": [{"bitwidth": 8}], "b"}, "param_encodings": {"w": []}}',
  },
  'a name that a layer reads': {
    file: 'model.json',
    text: `{"modelTopology": {"class_name": "Model", "config": {"layers": [\n${layer('one')}]},\n${layer('two')}[["|]]},\n${layer('three')}]}]}}, "weightsManifest": []}`,
    offered: ['one', 'two', 'three'],
    after: `{"modelTopology": {"class_name": "Model", "config": {"layers": [\n${layer('one')}]},\n${layer('two')}[["one"]]},\n${layer('three')}]}]}}, "weightsManifest": []}`,
  },
  'an option of a layer': {
    file: 'model.json',
    text: `{"modelTopology": {"class_name": "Model", "config": {"layers": [\n${layer('one', ', "data_format": "|')}]}]}}, "weightsManifest": []}`,
    offered: ['channels_last', 'channels_first'],
    after: `{"modelTopology": {"class_name": "Model", "config": {"layers": [\n${layer('one', ', "data_format": "channels_last"')}]}]}}, "weightsManifest": []}`,
  },
};

describe('completing in a text that is no JSON yet', () => {
  const beside = textsBeside(twoLayers);

  for (const [what, { file, text: marked, offered, after: wanted }] of Object.entries(cases)) {
    it(`${what}: ${file}`, async () => {
      const offset = marked.indexOf('|');
      const text = marked.replace('|', '');
      const path = beside.folder.at(file);
      await beside.texts.open(path, text, file.endsWith('.json') ? 'json' : 'encodings');
      const items = await beside.texts.complete(path, text, text.slice(offset - 1));
      assert.deepEqual(
        items.map(({ label }) => label),
        offered,
      );
      const edit = items[0]?.textEdit;
      assert.ok(edit && 'range' in edit);
      const { start, end } = edit.range;
      const lines = text.split('\n');
      const at = (place: typeof start): number =>
        lines.slice(0, place.line).reduce((sum, one) => sum + one.length + 1, 0) + place.character;
      assert.equal(text.slice(0, at(start)) + edit.newText + text.slice(at(end)), wanted);
    });
  }
});
