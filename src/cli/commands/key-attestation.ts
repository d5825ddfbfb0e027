// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { VerifiedAttestation } from '../../../host/attestation/verify-attestation.ts';
import type { BlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { CHALLENGE_LENGTH } from '../../../protocol/attestation.ts';
import { withAdministratorOptions } from '../administrator.ts';
import { type AttestationFile, formatAttestationFile, readAttestationFile } from '../attestation-file.ts';
import { attestationFacts, attestationJson } from '../attestation-words.ts';
import { keyEntry, pathOf } from '../card-key.ts';
import { type Context, type HolderOptions, verifyPin } from '../context.ts';
import { eventsJson } from '../log-words.ts';
import { writeNewFile } from '../new-file.ts';
import { badOption, hexOption, keyOption } from '../options.ts';
import { facts, toJson } from '../print.ts';
import { action } from '../run.ts';

type AttestOptions = HolderOptions & {
  readonly key: number;
  readonly path?: string;
  readonly challenge?: Uint8Array;
  readonly log?: true;
  readonly root?: readonly string[];
  readonly out?: string;
};
type VerifyOptions = {
  readonly root: readonly string[];
  readonly challenge?: Uint8Array;
  readonly after?: string;
  readonly at?: Date;
};

const challengeOption = hexOption('--challenge', CHALLENGE_LENGTH.min, CHALLENGE_LENGTH.max);

/** The verbs of `bsim key` about what a card states of its keys. */
export function addAttestationVerbs(key: Command): void {
  const attest = key
    .command('attest')
    .description(
      'have the card state what a key is: where made, what for, how often used; for the holder, or the administrator where it is no wallet',
    )
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .option('--path <path>', "key of a wallet, such as m/44'/60'/0'/0/0")
    .option(
      '--challenge <hex>',
      "the verifier's challenge, 16 to 64 bytes; 32 random ones when left out",
      challengeOption,
    )
    .option('--log', 'put the log of security events beside it, which leads to the head that is stated')
    .option('--root <file...>', 'root certificates that are trusted: verify it at once')
    .option('--out <file>', 'new file for statement, certificates and challenge, as JSON')
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(attest).action(
    action((context, options: AttestOptions) => attestKey(context, options)),
  );

  key
    .command('verify-attestation')
    .description('verify a file of bsim key attest; needs no card and no node')
    .argument('<file>', 'file that bsim key attest --out wrote')
    .requiredOption('--root <file...>', 'root certificates that are trusted, PEM or DER')
    .option(
      '--challenge <hex>',
      'the challenge that you gave; without it an old statement is taken too',
      challengeOption,
    )
    .option('--after <file>', 'an earlier file of the same card, behind which nothing may have gone back')
    .option(
      '--at <time>',
      'when the certificates must be valid, such as 2030-01-31; now when left out',
      timeOption,
    )
    .action(action((context, options: VerifyOptions, file: string) => verifyFile(context, options, file)));
}

async function attestKey({ print, withEither }: Context, options: AttestOptions): Promise<void> {
  const challenge = options.challenge ?? new Uint8Array(randomBytes(32));
  // Read first: a root that is none need cost the card nothing.
  const roots = options.root === undefined ? undefined : await readRoots(options.root);
  const made = await withEither(options, async ({ sim }, isHolder) => {
    // Of a wallet the administrator learns nothing without its holder.
    const isWallet = (await keyEntry(sim, options.key))?.role === 'wallet';
    const { lifeCycle } = await sim.applicationInformation();
    if (!isHolder && isWallet && lifeCycle === 'personalised') await verifyPin(sim, options.pinFile);
    return attested(sim, challenge, options);
  });
  if (made.chain.length === 0)
    print.note('the card has no certificates: nobody else can tell that a card made this');
  const verified = roots === undefined ? undefined : await verifyAgainst(made, roots, {});
  const content = formatAttestationFile(made);
  const { out } = options;
  if (out !== undefined) writeNewFile(out, `${toJson(content)}\n`, 'attestation');
  print.result({ ...content, verified: verified === undefined ? null : attestationJson(verified) }, () => {
    const kept = `attestation, ${made.chain.length} certificates and challenge in ${out}`;
    if (verified === undefined) return out === undefined ? toJson(content) : kept;
    return [facts(attestationFacts(verified)), out === undefined ? 'verified up to the root' : kept].join(
      '\n',
    );
  });
}

async function attested(
  sim: BlockchainSim,
  challenge: Uint8Array,
  options: AttestOptions,
): Promise<AttestationFile> {
  const { splitCertificates } = await import('../../../host/attestation/stored-chain.ts');
  // Asked for itself: without it the refusal of the statement could mean several things.
  await sim.readAttestationKey();
  const chain = splitCertificates((await sim.certificates()) ?? new Uint8Array(0));
  const attestation = await sim.attest(options.key, challenge, pathOf(options));
  const log = options.log === true ? { log: await sim.log() } : {};
  return { attestation, chain, challenge, ...log };
}

async function verifyFile({ print }: Context, options: VerifyOptions, file: string): Promise<void> {
  const { challenge, after, at } = options;
  const roots = await readRoots(options.root);
  const given = readAttestationFile(file);
  const when = at === undefined ? {} : { at };
  const earlier =
    after === undefined ? undefined : await verifyAgainst(readAttestationFile(after), roots, when);
  const verified = await verifyAgainst(given, roots, {
    ...when,
    ...(challenge === undefined ? {} : { challenge }),
    ...(earlier === undefined ? {} : { earlier }),
  });
  print.result(
    { ...attestationJson(verified), events: given.log === undefined ? null : eventsJson(given.log) },
    () =>
      [
        facts(attestationFacts(verified)),
        `verified: certificates up to the root, signature${challenge === undefined ? '' : ', and that it answers your challenge'}`,
        ...(given.log === undefined ? [] : ['the log beside it leads to the head that is stated']),
        ...(earlier === undefined ? [] : [`nothing went back since log ${earlier.attestation.log.sequence}`]),
      ].join('\n'),
  );
  if (challenge === undefined)
    print.note(
      "the challenge is the file's own: it may be an old statement; give --challenge to be sure it is fresh",
    );
}

/** Loaded here, as all of certificates: every other command would pay for their library at its start. */
async function readRoots(files: readonly string[]): Promise<readonly Uint8Array[]> {
  const { readCertificate } = await import('../issuing-ca.ts');
  return files.map(readCertificate);
}

/** Verifies all of a file. Throws `attestation/…`. */
async function verifyAgainst(
  { attestation, chain, log, ...file }: AttestationFile,
  trustAnchors: readonly Uint8Array[],
  expected: { readonly challenge?: Uint8Array; readonly earlier?: VerifiedAttestation; readonly at?: Date },
): Promise<VerifiedAttestation> {
  const { verifyAttestation } = await import('../../../host/attestation/verify-attestation.ts');
  const { challenge = file.challenge, earlier, at } = expected;
  return verifyAttestation({
    attestation,
    chain,
    trustAnchors,
    challenge,
    ...(at === undefined ? {} : { at }),
    expected: {
      ...(log === undefined ? {} : { log }),
      ...(earlier === undefined ? {} : { earlier }),
    },
  });
}

function timeOption(text: string): Date {
  const time = new Date(text);
  if (/^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw badOption('--at', text, 'a date such as 2030-01-31');
}
