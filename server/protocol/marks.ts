import type { Mark } from './model.ts';

/** What the mark of a layer is called, wherever one is named. */
export const markWords: Readonly<Record<Mark, string>> = {
  hurts: 'weak',
  watch: 'worth a look',
  fine: 'fine',
};
