import assert from 'node:assert/strict';
import { layerPlace } from '../../../src/problems/layerPlace.ts';

describe('the place of a layer in a text', () => {
  const text = `{"layers": [
  {"config": {"name": "a.b"}, "inbound_nodes": []},
  {"config": {"name" : "conv"}, "inbound_nodes": [["a.b", 0, 0, {}]]},
  {"name": "axb"}, {"name": "say \\"hi\\""}]}`;
  const cases = ['a.b', 'conv', 'axb', 'say "hi"'];
  for (const name of cases) {
    it(`is where its entry names ${name}`, () => {
      const place = layerPlace(text, name);
      assert.ok(place);
      const { offset, length } = place;
      assert.equal(text.slice(offset, offset + length), JSON.stringify(name));
      assert.match(text.slice(0, offset), /"name"\s*:\s*$/);
    });
  }

  it('is not there for a layer that the text does not name', () => {
    assert.equal(layerPlace(text, 'con'), undefined);
    assert.equal(layerPlace('', 'conv'), undefined);
  });
});
