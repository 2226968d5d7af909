import type { Command } from './command.ts';
import { absorbHighBiases } from './absorbHighBiases.ts';
import { applyPreview } from './applyPreview.ts';
import { calibrateAndMeasure } from './calibrateAndMeasure.ts';
import { chooseSamples } from './chooseSamples.ts';
import { chooseTarget } from './chooseTarget.ts';
import { compareEditors } from './compareEditors.ts';
import { compareEngines } from './compareEngines.ts';
import { compareSelected } from './compareSelected.ts';
import { compareWithDisk } from './compareWithDisk.ts';
import { compareWithFile } from './compareWithFile.ts';
import { compareWithLastCommit } from './compareWithLastCommit.ts';
import { compareWithRevision } from './compareWithRevision.ts';
import { correctBiases } from './correctBiases.ts';
import { correctSelected } from './correctSelected.ts';
import { discardPreview } from './discardPreview.ts';
import { equalizeLayers } from './equalizeLayers.ts';
import { equalizeSelected } from './equalizeSelected.ts';
import { exportComparison } from './exportComparison.ts';
import { exportEncodings } from './exportEncodings.ts';
import { exportQdq } from './exportQdq.ts';
import { exportReport } from './exportReport.ts';
import { exportResult } from './exportResult.ts';
import { exportTable } from './exportTable.ts';
import { fixProblem } from './fixProblem.ts';
import { foldBatchNorms } from './foldBatchNorms.ts';
import { foldSelected } from './foldSelected.ts';
import { keepMine } from './keepMine.ts';
import { loadEncodings } from './loadEncodings.ts';
import { loadTheirs } from './loadTheirs.ts';
import { manageTrust } from './manageTrust.ts';
import { measureSensitivity } from './measureSensitivity.ts';
import { openAsText } from './openAsText.ts';
import { openDiagnostics } from './openDiagnostics.ts';
import { openFloatModel } from './openFloatModel.ts';
import { openSample } from './openSample.ts';
import { previewAbsorb } from './previewAbsorb.ts';
import { previewCorrect } from './previewCorrect.ts';
import { previewEqualize } from './previewEqualize.ts';
import { previewFold } from './previewFold.ts';
import { previewRepair } from './previewRepair.ts';
import { redo } from './redo.ts';
import { removeCorrection } from './removeCorrection.ts';
import { repair } from './repair.ts';
import { restartServer } from './restartServer.ts';
import { revealLayer } from './revealLayer.ts';
import { saveAs } from './saveAs.ts';
import { saveAsOnnx } from './saveAsOnnx.ts';
import { saveChart } from './saveChart.ts';
import { saveModel } from './saveModel.ts';
import { showCompare } from './showCompare.ts';
import { showFindings } from './showFindings.ts';
import { showGraph } from './showGraph.ts';
import { showLayers } from './showLayers.ts';
import { showLedger } from './showLedger.ts';
import { showLog } from './showLog.ts';
import { showProof } from './showProof.ts';
import { showReport } from './showReport.ts';
import { stop } from './stop.ts';
import { tryAgain } from './tryAgain.ts';
import { undo } from './undo.ts';
import { undoForLayer } from './undoForLayer.ts';
import { undoLastCorrection } from './undoLastCorrection.ts';
import { useSyntheticInputs } from './useSyntheticInputs.ts';

/** Every command there is. To add one: write its file, name it here and in `contributes.commands`. */
export const commands: readonly Command[] = [
  openDiagnostics,
  openSample,
  foldBatchNorms,
  equalizeLayers,
  absorbHighBiases,
  correctBiases,
  repair,
  previewFold,
  previewEqualize,
  previewAbsorb,
  previewCorrect,
  previewRepair,
  applyPreview,
  discardPreview,
  foldSelected,
  equalizeSelected,
  correctSelected,
  undoForLayer,
  undoLastCorrection,
  undo,
  redo,
  removeCorrection,
  fixProblem,
  chooseTarget,
  chooseSamples,
  useSyntheticInputs,
  calibrateAndMeasure,
  measureSensitivity,
  showLayers,
  showGraph,
  showFindings,
  showLedger,
  showCompare,
  showProof,
  revealLayer,
  showReport,
  compareEngines,
  compareWithFile,
  compareWithLastCommit,
  compareWithRevision,
  compareWithDisk,
  compareEditors,
  compareSelected,
  saveModel,
  saveAs,
  saveAsOnnx,
  exportResult,
  exportEncodings,
  exportQdq,
  exportTable,
  exportReport,
  exportComparison,
  saveChart,
  loadEncodings,
  openFloatModel,
  openAsText,
  keepMine,
  loadTheirs,
  tryAgain,
  stop,
  showLog,
  restartServer,
  manageTrust,
];
