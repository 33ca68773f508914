"""TLS with a certificate that can be replaced while the server runs."""

import logging
import ssl
from collections.abc import Sequence
from pathlib import Path

from microdns.clock import Clock
from microdns.logs import LogEvents

EVENTS = LogEvents("tls")

CERTIFICATE_LOADED = EVENTS.info(
    "certificate.loaded", "The certificate files had changed, and new connections get the new one."
)
CERTIFICATE_REFUSED = EVENTS.warn(
    "certificate.refused",
    "The certificate files had changed and can't be used; the old certificate is served on.",
)

LOOK_EVERY_SECONDS = 10.0

Stamp = tuple[tuple[int, int], ...]


class Certificate:
    """A TLS context whose certificate follows its files; ``protocols`` are offered by ALPN.

    Raises OSError or ssl.SSLError when the files can't be used.
    """

    def __init__(self, certificate: Path, key: Path, protocols: Sequence[str] = ()) -> None:
        self._certificate = certificate
        self._key = key
        self._protocols = list(protocols)
        self.context = self._loaded()
        self._stamp = self._files()

    async def follow(self, clock: Clock, log: logging.Logger) -> None:
        """Take the files again whenever they change, for connections made from then on."""
        while True:
            await clock.sleep(LOOK_EVERY_SECONDS)
            self.refresh(log)

    def refresh(self, log: logging.Logger) -> None:
        """Take the files again if they have changed and fit together; else keep what we have."""
        try:
            stamp = self._files()
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self._loaded()  # in a context of its own: a pair that does not fit spoils it
            self.context.load_cert_chain(self._certificate, self._key)
        except (OSError, ssl.SSLError) as error:
            CERTIFICATE_REFUSED(log, "keeping the old certificate: %s", error)
        else:
            CERTIFICATE_LOADED(log, "serving %s from now on", self._certificate)

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(self._protocols)
        context.load_cert_chain(self._certificate, self._key)
        return context

    def _files(self) -> Stamp:
        stats = [file.stat() for file in (self._certificate, self._key)]
        return tuple((each.st_mtime_ns, each.st_ino) for each in stats)
