import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from './disposables.ts';
import { isArchitecture, isLayersModel, layersModelPattern, modelPattern } from './modelFiles.ts';

/** The language of `.encodings` files, as `contributes.languages` has it. */
const encodingsLanguage = 'encodings';

/** Those of JSON: settings of VS Code may have it take every `.json` for JSON with comments. */
const jsonLanguages = ['json', 'jsonc'];

/** Texts that the server is told about; which JSON is one of ours it decides by what is in it. */
export const textSelector = [encodingsLanguage, ...jsonLanguages].map((language) => ({
  scheme: 'file',
  language,
}));

/** Files whose changes on disk make what was said of a text untrue. */
export const watchedPatterns = [modelPattern, layersModelPattern, '**/rangefinder.json'];

/** Longer JSON is not looked into before the server runs: configurations are short. */
const mostCharacters = 1_000_000;

/** True for a text that the server has something to say about. */
function isOurText(document: vscode.TextDocument): boolean {
  const { languageId, uri } = document;
  if (uri.scheme !== 'file') return false;
  if (languageId === encodingsLanguage) return true;
  if (!jsonLanguages.includes(languageId)) return false;
  if (/\/rangefinder\.json$/.test(uri.path)) return true;
  const text = document.getText();
  if (isArchitecture(text)) return true;
  if (/\/model\.json$/.test(uri.path)) return isLayersModel(text);
  return (
    text.length < mostCharacters && text.includes('"op_type"') && text.includes('"supergroups"')
  );
}

/** Starts the server when a text is opened that it knows about; models are not needed for that. */
export class TextFiles implements Disposable {
  readonly #store = new DisposableStore();

  constructor(begin: () => void) {
    const look = (document: vscode.TextDocument): void => {
      if (isOurText(document)) begin();
    };
    this.#store.add(vscode.workspace.onDidOpenTextDocument(look));
    for (const document of vscode.workspace.textDocuments) look(document);
  }

  dispose(): void {
    this.#store.dispose();
  }
}
