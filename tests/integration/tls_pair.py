"""A TLS connection inside this process, to test a certificate with its chain and its key."""

from __future__ import annotations

import pathlib
import ssl


def handshake(folder: pathlib.Path, chain: str, key: str, ca: str, host: str) -> dict[str, object]:
    """Do a TLS handshake with a server that has this chain and key, as a client that trusts this CA. Return the certificate.

    It fails if the key is not the certificate's, if the chain does not lead to the CA, or if the certificate is not for the host.
    """
    (folder / "chain.pem").write_text(chain)
    (folder / "key.pem").write_text(key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    client = ssl.create_default_context(cadata=ca)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=host)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    done = set()
    while len(done) < 2:
        for end in (ours, theirs):
            try:
                end.do_handshake()
                done.add(end)
            except ssl.SSLWantReadError:
                pass
    certificate = ours.getpeercert()
    assert certificate
    return certificate
