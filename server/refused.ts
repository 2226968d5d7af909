import type { FormatFault } from './formats/format.ts';
import type { Fault } from './protocol/requests.ts';

/** A request that is refused for a reason the user can act on; becomes `error.data`. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

/** What is wrong with a file, as a refusal. */
export function refusedFile(fault: FormatFault): Refused {
  const { code, message, offset, where, remedy } = fault;
  return new Refused({
    code,
    message,
    ...(offset === undefined ? {} : { offset }),
    ...(where === undefined ? {} : { where }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}
