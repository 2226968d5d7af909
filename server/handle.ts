import {
  ErrorCodes,
  LSPErrorCodes,
  ResponseError,
  type CancellationToken,
  type Connection,
  type Disposable,
} from 'vscode-languageserver/node';
import { Cancelled, type Job } from './core/job.ts';
import { EngineFault } from './engines/engine.ts';
import { BadFile } from './formats/badFile.ts';
import { createJob } from './jobs.ts';
import type { Fault, Rpc } from './protocol/requests.ts';
import { Refused, refusedFile, systemFault } from './refused.ts';
import { WrongOption } from './runSteps.ts';

/** Ties a request to the function that answers it: progress, a stop, and one door for errors. */
export function handle<P, R>(
  connection: Connection,
  rpc: Rpc<P, R>,
  run: (params: P, job: Job) => Promise<R>,
): Disposable {
  return connection.onRequest(
    rpc.method,
    async (params: P, token: CancellationToken): Promise<unknown> => {
      const progress = connection.window.attachWorkDoneProgress(tokenOf(params));
      progress.begin(rpc.title, 0, undefined, true);
      try {
        return await run(params, createJob(token, progress));
      } catch (thrown) {
        return toResponseError(thrown, (text) => connection.console.error(text));
      } finally {
        progress.done();
      }
    },
  );
}

/** What a throw is for the other side: stopped, refused with its fault, or a bug of ours. */
export function toResponseError(
  thrown: unknown,
  log: (text: string) => void,
): ResponseError<Fault | undefined> {
  if (thrown instanceof Cancelled) {
    return new ResponseError(LSPErrorCodes.RequestCancelled, thrown.message);
  }
  const fault = faultOf(thrown);
  if (fault) return new ResponseError(LSPErrorCodes.RequestFailed, fault.message, fault);
  const trace = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  log(`A bug of ours: ${trace}`);
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  return new ResponseError(ErrorCodes.InternalError, what); // the host calls it a bug of ours
}

function faultOf(thrown: unknown): Fault | undefined {
  if (thrown instanceof Refused) return thrown.fault;
  // The file was changed underneath while its weights were read.
  if (thrown instanceof BadFile) return refusedFile(thrown.fault).fault;
  if (thrown instanceof WrongOption) return { code: 'wrong-option', message: thrown.message };
  if (thrown instanceof EngineFault) {
    const { code, message, where } = thrown;
    return { code, message, ...(where === undefined ? {} : { where }) };
  }
  return systemFault(thrown);
}

/** The progress token of a request that has one. */
function tokenOf(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || !('workDoneToken' in params))
    return undefined;
  const { workDoneToken } = params;
  return typeof workDoneToken === 'string' ? workDoneToken : undefined;
}
