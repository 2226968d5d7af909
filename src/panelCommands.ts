import type { PanelCommand } from '../server/protocol/model.ts';

/** The command that each link and button of a page stands for. */
export const panelCommands: Readonly<Record<PanelCommand, string | undefined>> = {
  chooseTarget: 'rangefinder.chooseTarget',
  foldSelected: 'rangefinder.foldSelected',
  equalizeSelected: 'rangefinder.equalizeSelected',
  repair: 'rangefinder.repair',
  save: 'rangefinder.saveModel',
  saveAs: 'rangefinder.saveAs',
  openFloatModel: 'rangefinder.openFloatModel',
  openAsText: 'rangefinder.openAsText',
  showLog: 'rangefinder.showLog',
  keepMine: 'rangefinder.keepMine',
  loadTheirs: 'rangefinder.loadTheirs',
  tryAgain: 'rangefinder.tryAgain',
  compareEngines: 'rangefinder.compareEngines',
  // Measuring on samples is not there yet, and the page says so.
  chooseData: undefined,
  chooseSamples: undefined,
  useSyntheticInputs: undefined,
  calibrateAndMeasure: undefined,
  measureSensitivity: undefined,
  correctBiases: undefined,
  correctSelected: undefined,
  removeCorrection: undefined,
  exportResult: undefined,
};
