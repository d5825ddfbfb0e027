# SPDX-License-Identifier: Apache-2.0
"""A host of another vendor: yubikit opens an SCP03 channel and sends commands through it.

Standard input: one JSON line with the work, then the card's answers, one line of hexadecimal each.
Standard output: the host's C-APDUs as `apdu <hex>`, and at the end `done <json>` or `failed <kind>: <message>`.
"""

import json
import sys

from yubikit.core import TRANSPORT, Version
from yubikit.core.smartcard import SmartCardConnection, SmartCardProtocol
from yubikit.core.smartcard.scp import KeyRef, Scp03KeyParams, StaticKeys
from yubikit.securitydomain import SecurityDomainSession


class Line(SmartCardConnection):
    """A card at the other end of standard input and output."""

    @property
    def transport(self):
        return TRANSPORT.USB

    def close(self):
        pass

    def send_and_receive(self, apdu):
        print("apdu", apdu.hex(), flush=True)
        answer = bytes.fromhex(sys.stdin.readline())
        return answer[:-2], int.from_bytes(answer[-2:], "big")


def static_keys(keys):
    return StaticKeys(*(bytes.fromhex(keys[name]) for name in ("enc", "mac", "dek")))


def work(job):
    params = Scp03KeyParams(KeyRef(1, job["keys"]["version"]), static_keys(job["keys"]))
    if "putKey" in job:
        session = SecurityDomainSession(Line())
        session.authenticate(params)
        new = job["putKey"]
        session.put_key(KeyRef(1, new["version"]), static_keys(new), job["keys"]["version"])
        return []
    protocol = SmartCardProtocol(Line())
    if job["extended"]:
        protocol.configure(Version(5, 7, 0))
    protocol.init_scp(params)
    return [
        protocol.send_apdu(c["cla"], c["ins"], c["p1"], c["p2"], bytes.fromhex(c["data"])).hex()
        for c in job["commands"]
    ]


try:
    print("done", json.dumps(work(json.loads(sys.stdin.readline()))), flush=True)
except Exception as error:  # each is a verdict of yubikit on what the card did
    print(f"failed {type(error).__name__}: {error}", flush=True)
