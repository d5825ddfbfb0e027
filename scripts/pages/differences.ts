// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cardCurveNames } from '../../protocol/crypto/card-curve.ts';
import { cardHashNames } from '../../protocol/crypto/card-hash.ts';
import { appletCurves, appletHashes, appletLacks } from './applet.ts';
import { table } from './markdown.ts';

const PAGE = 'docs/card.md';
const FIXTURES = 'fixtures/apdu';
const BEGIN = '<!-- differences: made by npm run generate -->';
const END = '<!-- end of differences -->';

type Conditions = { readonly requires?: readonly string[]; readonly lacks?: readonly string[] };
type ApduFile = Conditions & {
  readonly sequences: readonly (Conditions & { readonly steps: readonly Conditions[] })[];
};

/** docs/card.md with the table of what differs between emulator and applet in its place. */
export function cardPage(): string {
  const text = readFileSync(join(process.cwd(), PAGE), 'utf8');
  const [before = '', rest = ''] = text.split(BEGIN);
  const after = rest.split(END)[1] ?? '';
  return `${before}${BEGIN}\n\n${differences()}\n${END}${after}`;
}

function differences(): string {
  const { sequences, left, steps } = judged();
  const found = table(
    ['', 'emulator', 'applet', 'because'],
    [
      [
        'curves',
        cardCurveNames.join(', '),
        appletCurves.join(', '),
        'Java Card 3.0.5 has no Ed25519 and no SM2',
      ],
      [
        'hashes',
        cardHashNames.join(', '),
        appletHashes.join(', '),
        'SM3 would serve SM2 only; Keccak-256 is code of the applet',
      ],
      [
        'nonce of ECDSA',
        'derived (RFC 6979)',
        'random',
        'the platform signs; either way signatures verify and have low s',
      ],
      ['T=0', 'judged', 'not judged', 'jCardSim speaks T=1 here; on a chip the platform does the procedures'],
      [
        'lasts in',
        'a card file',
        'the chip, or the process of the simulator',
        'what is simulated is for tests',
      ],
    ],
  );
  return [
    found,
    '',
    `Of ${sequences} APDU sequences ${left} are not applicable to the applet, and ${steps} steps of others: they need`,
    `${appletLacks.join(', ')}. In all else the suite and random sequences found the same bytes.`,
    '',
  ].join('\n');
}

/** How many sequences there are, and what of them the applet is not judged by. */
function judged(): { readonly sequences: number; readonly left: number; readonly steps: number } {
  const folder = join(process.cwd(), FIXTURES);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const all = files.flatMap((name) => {
    const file = JSON.parse(readFileSync(join(folder, name), 'utf8')) as ApduFile;
    return file.sequences.map((sequence) => ({ sequence, isApplicable: isFor(file) && isFor(sequence) }));
  });
  const applicable = all.filter(({ isApplicable }) => isApplicable);
  const steps = applicable.flatMap(({ sequence }) => sequence.steps.filter((step) => !isFor(step)));
  return {
    sequences: all.length,
    left: all.length - applicable.length,
    steps: steps.filter(({ requires }) => requires !== undefined).length,
  };
}

const lacking: ReadonlySet<string> = new Set(appletLacks);

/** Whether the applet has all that is required, and lacks what must be lacking. */
const isFor = ({ requires = [], lacks = [] }: Conditions): boolean =>
  requires.every((each) => !lacking.has(each)) && lacks.every((each) => lacking.has(each));
