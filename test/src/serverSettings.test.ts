import assert from 'node:assert/strict';
import { readSettings, type Settings } from '../../src/config.ts';
import { ServerSettings } from '../../src/serverSettings.ts';

const settings = (more: Readonly<Record<string, unknown>> = {}): Settings =>
  readSettings((name) => more[name]);

describe('settings that the server takes when it starts', () => {
  let said: string[];
  let answer: string | undefined;
  let isRunning: boolean;
  let restarts: number;
  let watched: ServerSettings;
  beforeEach(() => {
    said = [];
    answer = undefined;
    isRunning = true;
    restarts = 0;
    watched = new ServerSettings({
      isRunning: () => isRunning,
      tell: (message, button) => {
        said.push(`${message} [${button}]`);
        return Promise.resolve(answer);
      },
      restart: () => {
        restarts++;
        return Promise.resolve();
      },
    });
  });

  for (const [name, value] of [
    ['seed', 7],
    ['engine', 'tfjs'],
    ['threads', 3],
    ['memoryLimitMB', 100],
    ['proof.samples', 8],
  ] as const) {
    it(`says what it takes for rangefinder.${name} to take effect, once`, async () => {
      watched.take(settings());
      await watched.follow(settings({ [name]: value }));
      await watched.follow(settings({ [name]: value }));
      assert.deepEqual(said, [
        'The setting takes effect when the model server starts again: corrections stay, what runs is stopped. [Restart server]',
      ]);
      assert.equal(restarts, 0);
    });
  }

  it('restarts the server where that is chosen, which then knows them', async () => {
    watched.take(settings());
    answer = 'Restart server';
    const seven = settings({ seed: 7 });
    await watched.follow(seven);
    assert.equal(restarts, 1);
    watched.take(seven);
    await watched.follow(seven);
    assert.equal(said.length, 1);
    await watched.follow(settings());
    assert.equal(said.length, 2);
  });

  it('says nothing of other settings, of one that is put back, or where no server runs', async () => {
    watched.take(settings());
    await watched.follow(settings({ 'target.weightBits': 4 }));
    assert.deepEqual(said, []);
    await watched.follow(settings({ seed: 7 }));
    await watched.follow(settings());
    assert.equal(said.length, 1);
    isRunning = false;
    await watched.follow(settings({ seed: 8 }));
    assert.equal(said.length, 1);
  });
});
