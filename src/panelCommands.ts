import type { PanelCommand } from '../server/protocol/model.ts';

/** The command that each link and button of a page stands for. */
export const panelCommands: Readonly<Record<PanelCommand, string>> = {
  chooseTarget: 'rangefinder.chooseTarget',
  foldSelected: 'rangefinder.foldSelected',
  equalizeSelected: 'rangefinder.equalizeSelected',
  repair: 'rangefinder.repair',
  save: 'rangefinder.saveModel',
  saveAs: 'rangefinder.saveAs',
  saveAsOnnx: 'rangefinder.saveAsOnnx',
  openFloatModel: 'rangefinder.openFloatModel',
  openAsText: 'rangefinder.openAsText',
  showLog: 'rangefinder.showLog',
  keepMine: 'rangefinder.keepMine',
  loadTheirs: 'rangefinder.loadTheirs',
  tryAgain: 'rangefinder.tryAgain',
  compareEngines: 'rangefinder.compareEngines',
  chooseSamples: 'rangefinder.chooseSamples',
  useSyntheticInputs: 'rangefinder.useSyntheticInputs',
  calibrateAndMeasure: 'rangefinder.calibrateAndMeasure',
  measureSensitivity: 'rangefinder.measureSensitivity',
  correctBiases: 'rangefinder.correctBiases',
  correctSelected: 'rangefinder.correctSelected',
  removeCorrection: 'rangefinder.removeCorrection',
  exportResult: 'rangefinder.exportResult',
  exportReport: 'rangefinder.exportReport',
  manageTrust: 'rangefinder.manageTrust',
};
