import type { Fault } from '../../server/protocol/requests.ts';
import { t } from '../l10n.ts';

/** The server refused a request: bad input, or a state that does not fit. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly fault: Fault) {
    super(toSentence(fault));
  }
}

/** The user stopped the request. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  constructor() {
    super(t('Stopped.'));
  }
}

/** The server ended while the request was under way. */
export class ServerLost extends Error {
  override readonly name = 'ServerLost';
  constructor(message = t('The model server ended while it was working.')) {
    super(message);
  }
}

/** A fault as one line: what, where, what to do. */
export function toSentence(fault: Fault): string {
  const isSaid = fault.where === undefined || fault.message.includes(fault.where);
  const where = isSaid ? '' : ` (${fault.where ?? ''})`;
  const byte = fault.offset?.toLocaleString('en') ?? '';
  const hasOffset = fault.offset !== undefined && !fault.message.includes(`byte ${fault.offset}`);
  const offset = hasOffset ? t(' At byte {0}.', byte) : '';
  const remedy = fault.remedy === undefined ? '' : ` ${fault.remedy}`;
  const [, text = '', end = ''] = /^(.*?)([.!?]?)$/s.exec(fault.message) ?? [];
  return `${text}${where}${end === '' ? '.' : end}${offset}${remedy}`;
}

/** What the server puts before a bug of its own. */
const ours = 'A bug of ours: ';

/** What a thrown value means for the user. A bug of ours says so and points to the log. */
export function toFault(thrown: unknown): Fault {
  if (thrown instanceof Refused) return thrown.fault;
  if (thrown instanceof ServerLost) {
    return {
      code: 'server-lost',
      message: thrown.message,
      remedy: t('No correction is lost: try again, or run “Quantization: Restart server”.'),
    };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    code: 'bug',
    message: message.startsWith(ours) ? message : t('A bug of ours: {0}', message),
    remedy: t('Run “Quantization: Show log” and report what it says.'),
  };
}
