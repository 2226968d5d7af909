import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection, InitializeResult } from 'vscode-languageserver/node';
import { engineChoices } from './engines/chosenEngine.ts';
import type { Engine } from './engines/engine.ts';
import { handle } from './handle.ts';
import { applySteps, removeCorrection, repairModel, undoLayer } from './handlers/applySteps.ts';
import { chooseData } from './handlers/chooseData.ts';
import { closeModel } from './handlers/closeModel.ts';
import { compareEngines } from './handlers/compareEngines.ts';
import { compareModels as compareSides } from './handlers/compareModels.ts';
import { describeLayer } from './handlers/describeLayer.ts';
import { GraphLayouts } from './handlers/layoutGraph.ts';
import { keepData } from './handlers/keepData.ts';
import { listFolds } from './handlers/listFolds.ts';
import { listTargets } from './handlers/listTargets.ts';
import { loadEncodings } from './handlers/loadEncodings.ts';
import { discardMeasured, measureModel, stopMeasuring } from './handlers/measureModel.ts';
import { openModel } from './handlers/openModel.ts';
import { previewSample } from './handlers/previewSample.ts';
import { discardPreview, previewRepair, previewSteps } from './handlers/previewSteps.ts';
import { readLog } from './handlers/readLog.ts';
import { readModelSettings } from './handlers/readModelSettings.ts';
import { readTarget } from './handlers/readTarget.ts';
import { revertModel, saveModel } from './handlers/saveModel.ts';
import { setChanges } from './handlers/setChanges.ts';
import { setTarget } from './handlers/setTarget.ts';
import { leaveAlone } from './handlers/leaveAlone.ts';
import { obeySettings } from './handlers/obeySettings.ts';
import { compareModels } from './protocol/compare.ts';
import { layoutGraph } from './protocol/graph.ts';
import { readModelSettings as readSettings } from './protocol/modelSettings.ts';
import * as rpc from './protocol/requests.ts';
import { sweepSpills } from './session/spill.ts';
import { Sessions } from './sessions.ts';
import { textCapabilities, TextService } from './text/textService.ts';
import { version } from './version.ts';

/** What a server is made with. */
export interface ServeOptions {
  /** Made when the connection is initialized; starts its process at the first use. */
  createEngine(log: (line: string) => void, options: rpc.ServerOptions): Engine;
}

/** Answers the requests of `protocol/requests.ts` on a connection, until it is shut down. */
export function serve(connection: Connection, options: ServeOptions): void {
  let sessions: Sessions | undefined;
  let engine: Engine | undefined;
  const layouts = new GraphLayouts();
  const log = (text: string): void => connection.console.info(text);
  const stop = (): void => {
    sessions?.dispose();
    engine?.dispose();
    layouts.dispose();
    texts.dispose();
    sessions = undefined;
  };
  let isTrusted = false;
  const texts = new TextService(
    connection,
    () => sessions,
    () => isTrusted,
  );
  connection.onInitialize(({ initializationOptions }): InitializeResult => {
    const given = readOptions(initializationOptions);
    isTrusted = given.isTrusted ?? true;
    const storageFolder = given.storageFolder ?? join(tmpdir(), 'rangefinder');
    sweepSpills(storageFolder);
    engine = options.createEngine(log, given);
    sessions = new Sessions({
      engine,
      storageFolder,
      settings: given,
      log,
      publish: (state) => {
        texts.refresh();
        // A host that is gone does not need to know.
        void connection.sendNotification(rpc.stateChanged.method, state).catch(() => undefined);
      },
    });
    return { capabilities: textCapabilities, serverInfo: { name: 'Rangefinder', version } };
  });
  connection.onShutdown(stop);
  connection.onExit(stop);
  const open = (): Sessions => {
    if (!sessions) throw new Error('the server was asked before it was initialized');
    return sessions;
  };
  handle(connection, rpc.ping, () => Promise.resolve({ pid: process.pid }));
  handle(connection, rpc.listTargets, listTargets);
  handle(connection, rpc.readTarget, readTarget);
  handle(connection, readSettings, (params) => readModelSettings(open(), params));
  handle(connection, rpc.openModel, (params, job) => openModel(open(), params, job));
  handle(connection, rpc.closeModel, (params) =>
    closeModel(open(), params).finally(() => texts.refresh()),
  );
  handle(connection, rpc.leaveAlone, (params, job) => leaveAlone(open(), params, job));
  handle(connection, rpc.obeySettings, (params, job) => obeySettings(open(), params, job));
  handle(connection, rpc.setTarget, (params, job) => setTarget(open(), params, job));
  handle(connection, rpc.previewSteps, (params, job) => previewSteps(open(), params, job));
  handle(connection, rpc.previewRepair, (params, job) => previewRepair(open(), params, job));
  handle(connection, rpc.discardPreview, (params, job) => discardPreview(open(), params, job));
  handle(connection, rpc.applySteps, (params, job) => applySteps(open(), params, job));
  handle(connection, rpc.repairModel, (params, job) => repairModel(open(), params, job));
  handle(connection, rpc.setChanges, (params, job) => setChanges(open(), params, job));
  handle(connection, rpc.listFolds, (params) => listFolds(open(), params));
  handle(connection, rpc.undoLayer, (params, job) => undoLayer(open(), params, job));
  handle(connection, rpc.describeLayer, (params, job) => describeLayer(open(), params, job));
  handle(connection, layoutGraph, (params, job) => layouts.layoutGraph(open(), params, job));
  handle(connection, rpc.chooseData, (params, job) => chooseData(open(), params, job));
  handle(connection, rpc.measureModel, (params, job) => measureModel(open(), params, job));
  handle(connection, rpc.stopMeasuring, (params) => stopMeasuring(open(), params));
  handle(connection, rpc.discardMeasured, (params) => discardMeasured(open(), params));
  handle(connection, rpc.removeCorrection, (params, job) => removeCorrection(open(), params, job));
  handle(connection, rpc.exportResult, async (params, job) => {
    // loaded with the first export
    const { exportResult } = await import('./handlers/exportResult.ts');
    return exportResult(open(), params, job);
  });
  handle(connection, rpc.loadEncodings, (params, job) => loadEncodings(open(), params, job));
  handle(connection, rpc.keepData, (params) => keepData(open(), params));
  handle(connection, rpc.previewSample, (params) => previewSample(open(), params));
  handle(connection, rpc.compareEngines, (params, job) => compareEngines(open(), params, job));
  handle(connection, compareModels, (params, job) => compareSides(open(), params, job));
  handle(connection, rpc.saveModel, (params, job) => saveModel(open(), params, job));
  handle(connection, rpc.revertModel, (params, job) => revertModel(open(), params, job));
  handle(connection, rpc.readLog, (params) => readLog(open(), params));
}

/** What the host wants; a value of a wrong type is as good as none. */
function readOptions(given: unknown): rpc.ServerOptions {
  if (typeof given !== 'object' || given === null) return {};
  const { storageFolder, engine, nativeFolders, isTrusted, ...counts } = given as Partial<
    Record<keyof rpc.ServerOptions, unknown>
  >;
  const numbers = Object.entries(counts).filter(([, value]) => Number.isSafeInteger(value));
  const hasFolder = typeof storageFolder === 'string' && storageFolder !== '';
  const choice = engineChoices.find((one) => one === engine);
  const folders = Array.isArray(nativeFolders)
    ? nativeFolders.filter((one): one is string => typeof one === 'string')
    : [];
  return {
    ...Object.fromEntries(numbers),
    ...(hasFolder ? { storageFolder } : {}),
    ...(choice ? { engine: choice } : {}),
    nativeFolders: folders,
    isTrusted: isTrusted !== false,
  };
}
