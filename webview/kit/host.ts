import type { FromPanel, ToPanel } from '../../server/protocol/panel.ts';

/** What a webview gets from VS Code. */
interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The way to the extension host, and what is kept for this page across reloads. */
export interface Host {
  post(message: FromPanel): void;
  kept(): unknown;
  keep(state: unknown): void;
}

/** Takes the API, which can be had once a page, and listens. */
export function connect(receive: (message: ToPanel) => void): Host {
  const api = acquireVsCodeApi();
  window.addEventListener('message', (event: MessageEvent<ToPanel>) => receive(event.data));
  return {
    post: (message) => api.postMessage(message),
    kept: () => api.getState(),
    keep: (state) => api.setState(state),
  };
}
