// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import { parseTxHash } from '../../chain/hash.ts';
import type { Node } from '../../chain/node.ts';
import { formatTxHash, MAX_TRANSACTION_LENGTH } from '../../chain/transaction.ts';
import { committedJson, provenTransactionJson } from '../json.ts';
import { badRequest, integerOf, notFound } from '../parameters.ts';
import type { AcceptedJson, CommittedJson, ProvenTransactionJson } from '../types.ts';

/** Longest time that a request may wait for its transaction, in seconds. */
const WAIT_MAX = 60;

/** Routes that take and show transactions. */
export function transactionRoutes(server: FastifyInstance, node: Node): void {
  server.addContentTypeParser(
    'application/cose',
    { parseAs: 'buffer', bodyLimit: MAX_TRANSACTION_LENGTH },
    (_request, body, done) => done(null, body),
  );

  server.post<{ Querystring: { wait?: string } }>(
    '/v1/transactions',
    async (request, reply): Promise<AcceptedJson | CommittedJson> => {
      const seconds = integerOf('wait', request.query.wait, 0, WAIT_MAX, 0);
      if (!(request.body instanceof Uint8Array)) throw badRequest('no body');
      const { hash } = await node.submit(request.body);
      if (seconds > 0) return committedJson(await node.waitFor(hash, { timeoutMs: seconds * 1000 }));
      reply.code(202);
      return { hash: formatTxHash(hash), state: 'pending' };
    },
  );

  server.get<{ Params: { hash: string }; Querystring: { wait?: string } }>(
    '/v1/transactions/:hash',
    async (request, reply): Promise<AcceptedJson | ProvenTransactionJson> => {
      const hash = parseTxHash(request.params.hash);
      const seconds = integerOf('wait', request.query.wait, 0, WAIT_MAX, 0);
      if (seconds > 0 && node.isPending(hash)) await node.waitFor(hash, { timeoutMs: seconds * 1000 });
      const proven = node.transaction(hash);
      if (proven !== undefined) return provenTransactionJson(proven);
      if (!node.isPending(hash)) throw notFound('transaction of that hash');
      reply.code(202);
      return { hash: formatTxHash(hash), state: 'pending' };
    },
  );
}
