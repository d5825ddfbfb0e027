// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import { fromHex } from '../../../protocol/bytes.ts';
import type { Node } from '../../chain/node.ts';
import { blockJson, stateJson, statusJson } from '../json.ts';
import { heightOf } from '../parameters.ts';
import type { BlockJson, StateJson, StatusJson } from '../types.ts';

/** Routes that show the chain itself: status, genesis, blocks, and any key of the state with its proof. */
export function chainRoutes(server: FastifyInstance, node: Node): void {
  server.get('/v1/status', async (): Promise<StatusJson> => statusJson(node.status(), node.genesis));

  server.get('/v1/genesis', async (_request, reply) => {
    reply.type('application/json');
    return node.genesis.text;
  });

  server.get<{ Params: { height: string } }>('/v1/blocks/:height', async (request): Promise<BlockJson> => {
    const { height } = request.params;
    return blockJson(node.block(height === 'latest' ? node.status().height : (heightOf(height) as bigint)));
  });

  server.get<{ Params: { module: string; key: string }; Querystring: { height?: string } }>(
    '/v1/state/:module/:key',
    async (request): Promise<StateJson> => {
      const key = fromHex(request.params.key);
      const height = heightOf(request.query.height);
      const { module } = request.params;
      return stateJson(module, key, node.prove(module, key, height === undefined ? {} : { height }));
    },
  );
}
