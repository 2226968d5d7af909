import { encodingsText } from './encodings/encodingsText.ts';
import { layersModelText } from './layersModelText.ts';
import type { TextKind } from './openText.ts';
import type { TextProvider } from './provider.ts';
import { quantsimText } from './quantsimText.ts';
import { settingsText } from './settingsText.ts';

/** Who knows about which kind of text. To add one: write its file, name it here. */
export const textProviders: Readonly<Record<TextKind, TextProvider>> = {
  encodings: encodingsText,
  quantsim: quantsimText,
  settings: settingsText,
  layersModel: layersModelText,
};
