import type { Finding } from '../core/diagnose/finding.ts';
import type { FindingCode } from '../core/diagnose/findingCodes.ts';
import type { NodeId } from '../core/graph/graph.ts';
import type { FindingRow } from '../protocol/model.ts';
import { toWire } from '../protocol/wire.ts';

/** A finding as it crosses, with one of the codes that have a page. */
export type CodedRow = FindingRow & { readonly code: FindingCode };

/** The findings as they cross, worst first. */
export const findingRowsOf = (findings: readonly Finding[]): CodedRow[] =>
  findings.map(({ code, mark, title, text, layers, remedies }) => ({
    code,
    mark,
    title,
    text,
    layers,
    remedies: remedies.map(({ label, step, target, fromDb, toDb, isMeasured, note, of }) => ({
      label,
      ...(step === undefined ? {} : { step }),
      ...(target === undefined ? {} : { target }),
      fromDb: toWire(fromDb),
      toDb: toWire(toDb),
      isMeasured,
      ...(note === undefined ? {} : { note }),
      ...(of === undefined ? {} : { of }),
    })),
  }));

/** Codes of the findings that name a layer. */
export function findingsByLayer(findings: readonly FindingRow[]): Map<NodeId, string[]> {
  const byLayer = new Map<NodeId, string[]>();
  for (const { code, layers } of findings) {
    for (const layer of layers) {
      const codes = byLayer.get(layer) ?? [];
      codes.push(code);
      byLayer.set(layer, codes);
    }
  }
  return byLayer;
}
