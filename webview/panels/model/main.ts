import { connect } from '../../kit/host.ts';
import { returnFocus } from '../../kit/keepFocus.ts';
import { onPageKey } from './keys.ts';
import './model.css';
import { Page } from './page.ts';
import { receive } from './receive.ts';
import { openChartMenu } from './saveChart.ts';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');

const host = connect((message) => receive(page, message));
const page = new Page(root, host);

const report = (message: string): void => page.post({ type: 'error', message });
window.addEventListener('error', (event) =>
  report(event.error instanceof Error ? (event.error.stack ?? event.message) : event.message),
);
window.addEventListener('unhandledrejection', (event) => report(String(event.reason)));
window.addEventListener('keydown', (event) => onPageKey(page, event));
window.addEventListener('contextmenu', (event) => {
  if (!event.defaultPrevented && openChartMenu(page, event)) event.preventDefault();
});

returnFocus('[role=tab][aria-selected=true]');
new ResizeObserver(() => page.change({ widthPx: root.clientWidth })).observe(root);
page.draw();
page.post({ type: 'ready' });
