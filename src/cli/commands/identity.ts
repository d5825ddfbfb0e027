// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { didParts, parseDid } from '../../chain/did.ts';
import { decodeIdentity, didKey, didResolution, identity } from '../../modules/identity/index.ts';
import { withAdministratorOptions } from '../administrator.ts';
import { anchorIdentity } from '../anchor.ts';
import { cardKey, type KeyOptions } from '../card-key.ts';
import type { HolderOptions } from '../context.ts';
import { CliError } from '../errors.ts';
import { keyOption } from '../options.ts';
import { facts, toJson } from '../print.ts';
import { action } from '../run.ts';
import { openTrustedChain } from '../trusted-chain.ts';

/** `bsim identity`: DIDs on the chain. */
export function registerIdentity(program: Command): void {
  const command = program.command('identity').description('identities (DIDs) on the chain');

  const anchor = command
    .command('anchor')
    .description('create the DID of a key of the card; the card signs the transaction and proves possession')
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .option('--path <path>', "key of a wallet, such as m/44'/60'/0'/0/0")
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(anchor).action(
    action(({ print, node, withHolder }, options: HolderOptions & KeyOptions) =>
      withHolder(options, async ({ sim }) => {
        const signer = await cardKey(sim, options, print);
        const { did, height, existed } = await anchorIdentity(node, signer, signer);
        print.result({ did, height, existed }, () =>
          facts([
            ['DID', did],
            ['height', existed ? `already anchored at height ${height}` : String(height)],
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
