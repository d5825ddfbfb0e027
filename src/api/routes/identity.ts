// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import { didParts, parseDid } from '../../chain/did.ts';
import { ChainError } from '../../chain/errors.ts';
import type { Node } from '../../chain/node.ts';
import { identity, resolve } from '../../modules/identity/index.ts';
import type { DidResolutionJson } from '../types.ts';

/** DID resolution over HTTP. Source: W3C DID Resolution 1.0 §4 (result) and §7.1 (HTTPS binding, its status codes). */
export function identityRoutes(server: FastifyInstance, node: Node): void {
  server.get<{ Params: { did: string } }>(
    '/v1/dids/:did',
    async (request, reply): Promise<DidResolutionJson> => {
      const failed = (status: number, error: string): DidResolutionJson => {
        reply.code(status);
        return { didDocument: null, didDocumentMetadata: {}, didResolutionMetadata: { error } };
      };
      try {
        const did = parseDid(request.params.did);
        // The state has DIDs by their address: that of another chain is not this one's to resolve.
        const own = didParts(did).chainId === node.genesis.chainId;
        const resolution = own ? resolve(node.state(identity.name), did) : undefined;
        if (resolution === undefined) return failed(404, 'notFound');
        if (resolution.didDocumentMetadata.deactivated) reply.code(410);
        return {
          didDocument: { ...resolution.didDocument },
          didDocumentMetadata: { ...resolution.didDocumentMetadata },
          didResolutionMetadata: { contentType: 'application/did' },
        };
      } catch (error) {
        if (error instanceof ChainError && error.code === 'chain/bad-did') return failed(400, 'invalidDid');
        throw error;
      }
    },
  );
}
