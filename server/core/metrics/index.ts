import { cosine } from './cosine.ts';
import { maxError } from './maxError.ts';
import type { ErrorMetric } from './metric.ts';
import { mse } from './mse.ts';
import { sqnr } from './sqnr.ts';

/** Every error metric there is. To add one: write its file, name it here. */
export const metrics: readonly ErrorMetric[] = [sqnr, mse, cosine, maxError];
