/** What an engine says where memory is short: it says nothing of the network. */
export const notEnoughMemory = 'There is not enough memory to run the model.';

export const isOutOfMemory = ({ message }: Error): boolean => message === notEnoughMemory;
