import type { TargetChoice } from '../../server/protocol/requests.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import { isSameTarget, type UsualTarget } from '../editor/modelTargets.ts';
import type { Choice, Host } from '../host.ts';
import { modelOr, type Command } from './command.ts';
import { perWord, symmetryWords, targetParts, type TargetPart } from './targetParts.ts';
import { t } from '../l10n.ts';

/** Asks what the hardware can do, and measures the model for it. */
export const chooseTarget: Command = {
  id: 'rangefinder.chooseTarget',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'layers');
    if (!model?.state) return;
    const now = model.state.target;
    const next = await host.choose(
      t('Choose target'),
      targetChoices(now, await host.targets(), host.usualTarget(model.uri)),
    );
    const target = next && (await settle(host, now, next));
    if (target) await model.setTarget(target);
  },
};

/** A built-in target, a part to change, or a file to read it from. */
type Next = { readonly target: TargetSettings } | { readonly part: TargetPart } | 'file';

/** The first list: built-in targets, then the parts of the present one, then a file. */
export function targetChoices(
  now: TargetSettings,
  profiles: readonly TargetChoice[],
  usual: UsualTarget,
): Choice<Next>[] {
  const built = profiles.map(({ title, detail, target }) => {
    const isNow = target.profile === now.profile;
    const bits = gridInWords(target);
    const description = isNow ? t('{0} · now', bits) : bits;
    return { label: title, detail, description, value: { target }, isCurrent: isNow };
  });
  const parts = targetParts.map((part) => ({
    label: part.label,
    description: part.now(now),
    value: { part },
  }));
  const file: Choice<Next> = {
    label: t('Quantsim configuration file…'),
    description: isFile(now.placement) ? t('{0} · now', nameOf(now.placement)) : '',
    detail: t('Which tensors are rounded, and how, as AIMET reads it.'),
    value: 'file',
    isCurrent: isFile(now.placement),
  };
  return [...built, ...parts, file, ...back(now, usual)];
}

/** What was chosen is kept for the model: this is the way back, where it is another. */
function back(now: TargetSettings, { target, from }: UsualTarget): Choice<Next>[] {
  if (isSameTarget(now, target)) return [];
  return [
    {
      label: from === 'settings' ? t('As the settings say') : t('As {0} says', 'rangefinder.json'),
      description: gridInWords(target),
      detail: t('The target that is chosen now is kept for this model until you take this one.'),
      value: { target },
    },
  ];
}

/** `W8 A8 · per channel · symmetric`. */
function gridInWords({
  weightBits,
  activationBits,
  granularity,
  symmetry,
}: TargetSettings): string {
  return `W${weightBits} A${activationBits} · ${perWord[granularity]} · ${symmetryWords[symmetry]}`;
}

/** Built-in placements are single words; a path has a separator. */
const isFile = (placement: string): boolean => /[\\/]/.test(placement);
const nameOf = (path: string): string => path.slice(path.search(/[^\\/]*$/));

async function settle(
  host: Host,
  now: TargetSettings,
  next: Next,
): Promise<TargetSettings | undefined> {
  if (next === 'file') {
    const path = await host.pickPath(t('Quantsim configuration'), 'file', { JSON: ['json'] });
    return path && host.readTarget(path);
  }
  const { exceptions } = now;
  if ('target' in next) return { ...next.target, ...(exceptions ? { exceptions } : {}) };
  const change = await host.choose(next.part.title, next.part.choices);
  return change && { ...now, ...change, profile: 'custom' };
}
