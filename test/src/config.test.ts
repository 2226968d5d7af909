import assert from 'node:assert/strict';
import manifest from '../../package.json' with { type: 'json' };
import { readSettings, settings, toTarget } from '../../src/config.ts';

interface Property {
  readonly default: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}
const properties = manifest.contributes.configuration.properties as Record<string, Property>;
const none = (): undefined => undefined;

describe('settings', () => {
  it('are those that package.json names, with the same defaults', () => {
    const ours = Object.values(settings).map(({ name, fallback }) => [
      `rangefinder.${name}`,
      fallback,
    ]);
    const theirs = Object.entries(properties).map(([name, property]) => [name, property.default]);
    assert.deepEqual(ours.map(String).sort(), theirs.map(String).sort());
  });

  for (const { name, whyNot } of Object.values(settings)) {
    const property = properties[`rangefinder.${name}`];
    it(`${name}: takes what package.json allows and nothing beyond`, () => {
      assert.ok(property);
      for (const choice of property.enum ?? []) assert.equal(whyNot(choice), undefined);
      for (const end of [property.minimum, property.maximum]) {
        if (end !== undefined) assert.equal(whyNot(end), undefined);
      }
      if (property.minimum !== undefined) assert.ok(whyNot(property.minimum - 1));
      if (property.maximum !== undefined) assert.ok(whyNot(property.maximum + 1));
      assert.ok(whyNot({}));
      assert.ok(whyNot('no such choice'));
    });
  }

  it('default where nothing is set', () => {
    const complaints: string[] = [];
    const values = readSettings(none, (message) => complaints.push(message));
    assert.equal(values.weightBits, 8);
    assert.equal(values.granularity, 'channel');
    assert.deepEqual(complaints, []);
  });

  it('complain about a wrong type by full name, and take the default', () => {
    const complaints: string[] = [];
    const wrong: Record<string, unknown> = { 'target.weightBits': '8', seed: 7 };
    const values = readSettings(
      (name) => wrong[name],
      (message) => complaints.push(message),
    );
    assert.equal(values.weightBits, 8);
    assert.equal(values.seed, 7);
    assert.equal(complaints.length, 1);
    assert.match(
      complaints[0] ?? '',
      /^The setting rangefinder\.target\.weightBits must be an integer/,
    );
  });

  it('make the default target by name, and any other a custom one', () => {
    const values = readSettings(none);
    assert.deepEqual(toTarget(values), {
      profile: 'default',
      weightBits: 8,
      activationBits: 8,
      granularity: 'channel',
      symmetry: 'symmetric',
      isPowerOfTwo: false,
      activationSymmetry: 'asymmetric',
      weightRange: 'minmax',
      activationRange: 'sqnr',
      biasBits: 32,
      rounding: 'nearest',
      simulation: 'float',
      placement: 'default',
      fusesChannelCaps: false,
    });
    const other = toTarget({ ...values, granularity: 'tensor', activationBits: 32 });
    assert.equal(other.profile, 'custom');
    assert.equal(other.activationBits, 'float');
  });
});
