import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';

const read = (name: string): object =>
  JSON.parse(readFileSync(`schemas/${name}`, 'utf8')) as object;

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addSchema(read('layers.schema.json'), 'layers.schema.json');
ajv.addSchema(read('report.schema.json'), 'report.schema.json');

/** A report as data, held to `schemas/report.schema.json`: of a model, or of a comparison. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what a test reads of the report is its to say
export function checkedReport<Report = Record<string, unknown>>(text: string): Report {
  const report = JSON.parse(text) as Report & { readonly report: string };
  // Faults of the one kind are clearer than those of "any of them".
  const validate = ajv.getSchema(`report.schema.json#/definitions/${report.report}`);
  assert.ok(validate, `the schema has no ${report.report}`);
  assert.ok(validate(report), JSON.stringify(validate.errors?.slice(0, 3)));
  const whole = ajv.getSchema('report.schema.json');
  assert.ok(whole?.(report));
  return report;
}
