/**
 * npm run make:sample: trains the sample network again, seeded, and writes media/sample:
 * sample.onnx (batch norms and ReLU6 as trained) and samples.npz (400 labelled drawings that it
 * has not seen). Nothing is edited after training: what 8 bits do to it comes from the recipe.
 * Takes about five minutes.
 */
import { recipe, train } from './train.ts';
import { writeSample } from './write.ts';

const log = (line: string): void => void process.stdout.write(`${line}\n`);
void writeSample(train(recipe, log), log);
