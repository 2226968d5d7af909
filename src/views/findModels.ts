import * as vscode from 'vscode';
import { isLayersModel, layersModelPattern, modelPattern } from '../modelFiles.ts';

/** Folders that hold other people's files, in which nobody looks for a model of theirs. */
const excluded = '**/{node_modules,.git,.venv,venv,__pycache__,site-packages}/**';
/** A `model.json` above this is not read to find out whether it is a model. */
const largestJsonBytes = 16e6;

/** The models of the workspace; a `model.json` only where TensorFlow.js wrote it. */
export async function findModels(maximum: number): Promise<readonly vscode.Uri[]> {
  const [models, texts] = await Promise.all([
    vscode.workspace.findFiles(modelPattern, excluded, maximum),
    vscode.workspace.findFiles(layersModelPattern, excluded, maximum),
  ]);
  const found: vscode.Uri[] = [...models];
  for (const uri of texts) {
    if (found.length >= maximum) break;
    if (await isModelText(uri)) found.push(uri);
  }
  return found;
}

async function isModelText(uri: vscode.Uri): Promise<boolean> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > largestJsonBytes) return false;
    return isLayersModel(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
  } catch {
    return false; // gone again, or not for us to read
  }
}
