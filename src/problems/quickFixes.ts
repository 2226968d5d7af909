import * as vscode from 'vscode';
import type { Disposable } from '../disposables.ts';
import { layersModelPattern, modelPattern } from '../modelFiles.ts';
import type { Problem } from './problems.ts';
import { t } from '../l10n.ts';

/**
 * Quick fixes of what the Problems panel says, each a preview. VS Code asks for them only where it
 * has the file as a text, a `model.json` say; for other models *Fix a problem* has the same choices.
 */
export const quickFixes = (problemsOf: (model: vscode.Uri) => readonly Problem[]): Disposable =>
  vscode.languages.registerCodeActionsProvider(
    [modelPattern, layersModelPattern].map((pattern) => ({ scheme: 'file', pattern })),
    {
      provideCodeActions: ({ uri }, _range, { diagnostics }) => {
        const problems = problemsOf(uri);
        return diagnostics.flatMap((diagnostic) => {
          const problem = problems.find(({ message }) => message === diagnostic.message);
          return (problem?.remedies ?? []).map((remedy) => {
            const { label } = remedy;
            const title = remedy.steps ? t('Preview {0}', label) : t('Try {0}', label);
            const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
            action.diagnostics = [diagnostic];
            const command = 'rangefinder.fixProblem';
            action.command = { title, command, arguments: [{ model: uri, remedy }] };
            return action;
          });
        });
      },
    },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
  );
