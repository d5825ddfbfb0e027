// SPDX-License-Identifier: Apache-2.0
// The main job on the card in the reader given, through the public face; prints what came of it as one line of JSON.
import { cardSigner, openBlockchainSim, openTransport } from '../../../dist/host/index.js';
import { fromHex, toHex, utf8 } from '../../../dist/protocol/bytes.js';
import { uncompressedPublicKey } from '../../../dist/protocol/crypto/public-key.js';
import { parseIccid } from '../../../dist/protocol/identifiers/iccid.js';
import { parseImsi } from '../../../dist/protocol/identifiers/imsi.js';

const [reader, message] = process.argv.slice(2);
const pin = utf8('1234');
const transport = await openTransport(`pcsc:${reader}`);
const sim = await openBlockchainSim(transport);
const testKey = fromHex('404142434445464748494a4b4c4d4e4f');
await sim.openSecureChannel({ version: 0x30, enc: testKey, mac: testKey, dek: testKey });
await sim.storeData({
  iccid: parseIccid('8900101000000000019'),
  imsi: parseImsi('001010123456789'),
  pin,
  puk: utf8('12345678'),
});
await sim.closeSecureChannel();
const wrong = await sim.verify(utf8('9999')).catch((error) => error);
await sim.verify(pin);
const keys = [];
for (const [index, curve] of ['P-256', 'secp256k1', 'Ed25519'].entries()) {
  await sim.generateKeyPair(index + 1, curve);
  const signer = await cardSigner(sim, index + 1);
  const signature = await signer.sign(utf8(message));
  keys.push({
    curve,
    publicKey: toHex(uncompressedPublicKey(signer.publicKey)),
    signature: toHex(signature),
  });
}
const result = {
  atr: toHex(transport.atr),
  information: { ...(await sim.applicationInformation()), version: undefined },
  iccid: await sim.iccid(),
  imsi: await sim.imsi(),
  wrongPin: { code: wrong.code, ...wrong.details },
  pinStatus: await sim.pinStatus(),
  keyDirectory: (await sim.keyDirectory()).map(({ reference, curve, role }) => ({ reference, curve, role })),
  keys,
};
await sim.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
