// SPDX-License-Identifier: Apache-2.0
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Node } from '../chain/node.ts';
import { DEFAULT_PORT } from './default-port.ts';
import { ApiError } from './errors.ts';
import { clientError, errorJson, httpStatusOf } from './http-status.ts';
import { answerMalformed } from './malformed-request.ts';
import { notFound } from './parameters.ts';
import { accountRoutes } from './routes/accounts.ts';
import { chainRoutes } from './routes/chain.ts';
import { identityRoutes } from './routes/identity.ts';
import { transactionRoutes } from './routes/transactions.ts';

/** How a node's API is served. */
export type ApiOptions = {
  /** Address to listen on; loopback by default, so that nothing is open by accident. */
  readonly host?: string;
  /** Port to listen on; 0 lets the system choose. */
  readonly port?: number;
  /** Called with faults of the node itself, which the client sees without their text. */
  readonly onFault?: (error: unknown) => void;
};

/** A served API. */
export type Api = {
  /** Where it listens, such as `http://127.0.0.1:26680`. */
  readonly url: string;
  /** Ends it after the requests at work; open connections are cut. A second call does nothing. */
  close(): Promise<void>;
};

/** Longest part of a path in characters: a state key of 512 bytes. */
const PARAMETER_MAX = 1024;

/** Most connections at once: the database needs file descriptors too, and stops without them. */
export const CONNECTIONS_MAX = 1000;

/** Serves a node over HTTP; see docs/api.md for the routes. Throws `api/address-in-use`. */
export async function serveApi(node: Node, options: ApiOptions = {}): Promise<Api> {
  const { host = '127.0.0.1', port = DEFAULT_PORT, onFault = () => {} } = options;
  const server = createServer(node, onFault);
  try {
    const url = await server.listen({ host, port });
    return { url, close: () => server.close() };
  } catch (cause) {
    await server.close();
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new ApiError(
      'api/address-in-use',
      `API not served: found ${host}:${port} in use, expected a free port`,
      { host, port },
      { cause },
    );
  }
}

function createServer(node: Node, onFault: (error: unknown) => void): FastifyInstance {
  const refuse = (error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const shown = clientError(error);
    const status = httpStatusOf(shown.code);
    if (status === 500) onFault(error);
    const { retryAfterMs } = shown.details;
    if (typeof retryAfterMs === 'number')
      reply.header('retry-after', Math.max(1, Math.ceil(retryAfterMs / 1000)));
    return reply.code(status).send(errorJson(shown));
  };
  const server = Fastify({
    frameworkErrors: refuse,
    clientErrorHandler: answerMalformed,
    bodyLimit: 65_536,
    connectionTimeout: 90_000,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAMETER_MAX },
  });
  server.server.maxConnections = CONNECTIONS_MAX;
  // Nothing but transactions has a body, and those have a parser of their own.
  server.removeAllContentTypeParsers();
  server.setErrorHandler(refuse);
  server.setNotFoundHandler((_request, reply) => reply.code(404).send(errorJson(notFound('such route'))));
  chainRoutes(server, node);
  transactionRoutes(server, node);
  accountRoutes(server, node);
  identityRoutes(server, node);
  return server;
}
