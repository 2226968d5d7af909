import * as vscode from 'vscode';
import { translateBy } from './l10n.ts';

/** Sentences are those that VS Code has for the language of the window. */
translateBy((message, ...values) => vscode.l10n.t(message, ...values));
