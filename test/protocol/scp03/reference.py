# SPDX-License-Identifier: Apache-2.0
"""SCP03 written down from GlobalPlatform Amendment D v1.2, over the AES and CMAC of the package cryptography.

Standard input: a JSON list of sessions. Standard output: what each must give, as a JSON list.
It is a model for tests: nothing here is meant to be fast or to keep a secret.
"""

import json
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC


def cmac(key, message):
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def aes(key, mode, block):
    encryptor = Cipher(algorithms.AES(key), mode).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def derive(key, constant, context, bits):
    """4.1.5: SP 800-108 in counter mode, PRF CMAC; label 11 x 00 and constant, 00, L, i, context."""
    blocks = b""
    for i in range(1, (bits + 127) // 128 + 1):
        fixed = bytes(11) + bytes([constant, 0]) + bits.to_bytes(2, "big") + bytes([i])
        blocks += cmac(key, fixed + context)
    return blocks[: bits // 8]


def encrypt(key, first, counter, data):
    """6.2.6 and 6.2.7: nothing for no data; else padding method 2, CBC, the ICV from the counter."""
    if not data:
        return b""
    icv = aes(key, modes.ECB(), bytes([first]) + counter.to_bytes(15, "big"))
    padded = data + b"\x80"
    padded += bytes(-len(padded) % 16)
    return aes(key, modes.CBC(icv), padded)


def length_fields(lc, ne, body):
    """ISO/IEC 7816-4: Lc, data and Le, extended where either does not fit into one byte."""
    if lc > 255 or (ne or 0) > 256:
        le = b"" if ne is None else (ne % 65536).to_bytes(2, "big")
        return b"\0" + lc.to_bytes(2, "big"), le
    return bytes([lc]), b"" if ne is None else bytes([ne % 256])


class Session:
    def __init__(self, job):
        self.size = 8 if job["mode"] == "S8" else 16
        enc, mac = (bytes.fromhex(job["keys"][name]) for name in ("enc", "mac"))
        context = bytes.fromhex(job["hostChallenge"] + job["cardChallenge"])
        self.enc = derive(enc, 0x04, context, 8 * len(enc))
        self.mac = derive(mac, 0x06, context, 8 * len(mac))
        self.rmac = derive(mac, 0x07, context, 8 * len(mac))
        self.card_cryptogram = derive(self.mac, 0x00, context, 8 * self.size)
        self.host_cryptogram = derive(self.mac, 0x01, context, 8 * self.size)
        counter = job["sequenceCounter"].to_bytes(3, "big")
        self.challenge = derive(enc, 0x02, counter + bytes.fromhex(job["aid"]), 8 * self.size)
        self.level, self.channel = job["level"], job["channel"]
        self.chaining, self.counter = bytes(16), 0

    def send(self, cla, ins, p1, p2, data, ne):
        """6.2.4: C-MAC over chaining value, header without channel, Lc with the MAC counted, data."""
        lc, le = length_fields(len(data) + self.size, ne, data)
        self.chaining = cmac(self.mac, self.chaining + bytes([cla | 4, ins, p1, p2]) + lc + data)
        sent = bytes([cla | 4 | self.channel, ins, p1, p2]) + lc + data + self.chaining[: self.size] + le
        return sent.hex()

    def command(self, c):
        self.counter += 1
        data = bytes.fromhex(c["data"])
        if self.level & 0x02:
            data = encrypt(self.enc, 0x00, self.counter, data)
        return self.send(c["cla"], c["ins"], c["p1"], c["p2"], data, c.get("le"))

    def answer(self, data, sw):
        """6.2.5: R-MAC over chaining value, data and status word; none with an error."""
        data, status = bytes.fromhex(data), sw.to_bytes(2, "big")
        if self.level & 0x10:
            if sw != 0x9000 and sw >> 8 not in (0x62, 0x63):
                return status.hex()
            if self.level & 0x20:
                data = encrypt(self.enc, 0x80, self.counter, data)
            data += cmac(self.rmac, self.chaining + data + status)[: self.size]
        return (data + status).hex()


def work(job):
    s = Session(job)
    return {
        "enc": s.enc.hex(),
        "mac": s.mac.hex(),
        "rmac": s.rmac.hex(),
        "cardCryptogram": s.card_cryptogram.hex(),
        "hostCryptogram": s.host_cryptogram.hex(),
        "challenge": s.challenge.hex(),
        "externalAuthenticate": s.send(0x80, 0x82, s.level, 0, s.host_cryptogram, None),
        "exchanges": [
            {"command": s.command(e["command"]), "answer": s.answer(e["answer"], e["sw"])}
            for e in job["exchanges"]
        ],
    }


json.dump([work(job) for job in json.load(sys.stdin)], sys.stdout)
