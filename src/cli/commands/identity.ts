// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { didParts, parseDid } from '../../chain/did.ts';
import { decodeIdentity, didKey, didResolution, identity } from '../../modules/identity/index.ts';
import { anchorIdentity } from '../anchor.ts';
import { cardKey } from '../card-key.ts';
import { CliError } from '../errors.ts';
import { keyOption } from '../options.ts';
import { facts, toJson } from '../print.ts';
import { action } from '../run.ts';
import { openTrustedChain } from '../trusted-chain.ts';

/** `bsim identity`: DIDs on the chain. */
export function registerIdentity(program: Command): void {
  const command = program.command('identity').description('identities (DIDs) on the chain');

  command
    .command('anchor')
    .description('create the DID of a key of the card; the card signs the transaction and proves possession')
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .option('--pin-file <file>', 'file whose first line is the PIN')
    .action(
      action(
        ({ print, node, withVerifiedCard }, options: { readonly key: number; readonly pinFile?: string }) =>
          withVerifiedCard(options.pinFile, async ({ sim }) => {
            const signer = await cardKey(sim, options.key);
            const { did, height } = await anchorIdentity(node, signer, signer);
            print.result({ did, height }, () =>
              facts([
                ['DID', did],
                ['height', String(height)],
              ]),
            );
          }),
      ),
    );

  command
    .command('resolve')
    .description('show the DID document; with --genesis it is proven, otherwise it is what the node says')
    .argument('<did>', 'DID, did:bsim:…')
    .option('--genesis <file>', 'genesis file that is trusted (or BSIM_GENESIS)')
    .action(
      action(async ({ print, node }, options: { readonly genesis?: string }, text: string) => {
        const did = parseDid(text);
        const trusted = openTrustedChain(node, options.genesis);
        if (trusted === undefined) {
          const resolution = await node.resolve(did);
          if (resolution.didDocument === null) throw noDid(did, 'says the node');
          print.result({ ...resolution, proven: false }, () => toJson(resolution.didDocument));
          print.note('not proven: the node says so; give --genesis FILE to check it against the chain');
          return;
        }
        const { value, height } = await trusted.state(identity.name, didKey(did));
        // The state has DIDs by their address: a proof says nothing of one of another chain.
        if (didParts(did).chainId !== trusted.chainId)
          throw noDid(did, `the genesis is that of chain ${trusted.chainId}`);
        if (value === undefined) throw noDid(did, `proven absent at height ${height}`);
        const resolution = didResolution(did, decodeIdentity(value));
        print.result({ ...resolution, proven: true, height }, () => toJson(resolution.didDocument));
        print.note(`proven at height ${height} from the genesis alone`);
      }),
    );
}

function noDid(did: string, why: string): CliError<'cli/no-such-identity'> {
  return new CliError('cli/no-such-identity', `DID not resolved: found no identity ${did} (${why})`, {
    did,
  });
}
