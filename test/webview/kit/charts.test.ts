import assert from 'node:assert/strict';
import type { Strip } from '../../../server/protocol/cockpit.ts';
import { barsPath, skylinePath } from '../../../webview/kit/charts/pieces.ts';
import { channelOrder, positionAt, setGeometry } from '../../../webview/kit/charts/setGeometry.ts';
import { rangeBarMarks, rangeInWords } from '../../../webview/kit/charts/rangeBar.ts';
import { log } from '../../../webview/kit/scales.ts';

const range = (layer: number, now: readonly number[], before?: readonly number[]): Strip => ({
  kind: 'range',
  layer,
  name: `layer ${layer}`,
  role: 'makes',
  now,
  ...(before ? { before } : {}),
  halfStep: 0.01,
  dead: [],
});
const factor: Strip = {
  kind: 'factor',
  name: 'scale factor 1',
  factor: [4, 1, 0.5, 1],
  isApplied: true,
};
const strips = [range(1, [1, 2, 3, 0], [1, 9, 3, 0]), factor, range(2, [50, 5, 0.5, 0.05])];

describe('charts', () => {
  it('bars leave a gap where there is nothing', () => {
    assert.equal(barsPath([10, undefined, 20], 0, 4, 20, 0), 'M0 20V10h4V20z');
  });
  it('a skyline steps over the bands', () => {
    assert.equal(skylinePath([5, 7], 10, 4), 'M10 5h4L14 7h4');
  });
  it('strips stand one under the other over one axis', () => {
    const geometry = setGeometry(strips, 444 - 32);
    assert.deepEqual(
      geometry.placed.map(({ topPx, bottomPx }) => [topPx, bottomPx]),
      [
        [0, 76],
        [76, 110],
        [116, 192],
      ],
    );
    assert.equal(geometry.channels, 4);
    assert.equal(geometry.bandPx, 90);
    assert.equal(geometry.farFactor, 4);
    assert.deepEqual(geometry.domain, [0.01, 100]);
  });
  it('two range strips without factors between them keep a distance', () => {
    const geometry = setGeometry([range(1, [1]), range(2, [1])], 400);
    assert.deepEqual(
      geometry.placed.map(({ topPx }) => topPx),
      [0, 86],
    );
  });
  it('a pixel is a channel, or none beside the bars', () => {
    const geometry = setGeometry(strips, 412);
    assert.equal(positionAt(geometry, 44), 0);
    assert.equal(positionAt(geometry, 44 + 91), 1);
    assert.equal(positionAt(geometry, 20), undefined);
    assert.equal(positionAt(geometry, 410), undefined);
  });
  it('channels stand widest first by what the chosen layer was', () => {
    assert.deepEqual(channelOrder(strips, 1, false), [1, 2, 0, 3]);
    assert.deepEqual(channelOrder(strips, 2, false), [0, 1, 2, 3]);
    assert.deepEqual(channelOrder(strips, 1, true), [0, 1, 2, 3]);
  });
  it('a range bar has a floor only where the channels share a grid', () => {
    const figures = {
      range: { min: 0.02, q1: 0.1, median: 0.5, q3: 1, max: 68.3, halfStep: 0 },
      spread: 137,
      sqnrTensor: 22.7,
      sqnrChannel: 46.6,
      sqnrChosen: 46.6,
      lostChannels: 0,
    };
    const drawn = JSON.stringify(rangeBarMarks(figures, undefined, log([0.01, 100], [0, 200])));
    assert.ok(!/"(reach|lost)"/.test(drawn), drawn);
    assert.equal(rangeInWords(figures), 'Channels 0.0200 to 68.3, quartiles 0.100, 0.500, 1.00.');
  });
  it('says a range in words', () => {
    const words = rangeInWords({
      range: { min: 0.02, q1: 0.1, median: 0.5, q3: 1, max: 68.3, halfStep: 0.27 },
      spread: 137,
      sqnrTensor: 22.7,
      sqnrChannel: 46.6,
      sqnrChosen: 22.7,
      lostChannels: 53,
    });
    assert.equal(
      words,
      'Channels 0.0200 to 68.3, quartiles 0.100, 0.500, 1.00. Step 0.540. 53 channels below half a step.',
    );
  });

  it('draws as lost only what rounds to 0 on the grid of the target', () => {
    const figures = {
      range: { min: 0.02, q1: 0.1, median: 0.5, q3: 1, max: 68.3, halfStep: 0.27 },
      spread: 137,
      sqnrTensor: 22.7,
      sqnrChannel: 46.6,
      sqnrChosen: 22.7,
    };
    const scale = log([0.001, 100], [0, 200]);
    const drawn = (lostChannels: number): string =>
      JSON.stringify(rangeBarMarks({ ...figures, lostChannels }, undefined, scale));
    assert.match(drawn(53), /"lost"/);
    assert.doesNotMatch(drawn(0), /"lost"/);
  });
});
