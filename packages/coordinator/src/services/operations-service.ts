// google.longrunning.Operations. There is no listing: the name of an operation is the permission to watch and cancel it.
import { err, ok } from '@mosix/core';
import { rpcError, type HandlersOf, type Services } from '@mosix/protocol';
import type { Operations } from '../execution/operations.js';
import type { Farm } from '../farm/farm.js';

const unknownOperation = err(rpcError('not-found', 'no such operation'));

export const operationsService = (operations: Operations, farm: Farm): HandlersOf<Services['operations']> => ({
  getOperation({ name }) {
    const operation = operations.get(name);
    return operation === undefined ? unknownOperation : ok(operations.snapshot(operation));
  },
  cancelOperation({ name }) {
    const operation = operations.get(name);
    if (operation === undefined) return unknownOperation;
    if (operation.response === undefined) farm.leave(operation);
    return ok({});
  },
  deleteOperation({ name }) {
    const operation = operations.get(name);
    if (operation === undefined) return unknownOperation;
    if (operation.response === undefined) return err(rpcError('failed-precondition', 'still running: cancel it first'));
    operations.remove(operation);
    return ok({});
  },
});
