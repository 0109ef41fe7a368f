"""Certificates for many sites at once, from headquarters' own authority, before it runs.

Joining a thousand sites one after the other would take a thousand processes. Here the steps of a
join are done on the files of a primary that does not run: a new epoch in its directory, a key, a
signing request, and the signature of its certificate authority.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from chaos.live.crowd.light_site import CERT_FILE, KEY_FILE
from primary.certificates import common_name, key_pem, new_key
from primary.pki import PKI_FOLDER, CertificateAuthority
from primary.service.organisation import DIRECTORY_FILE
from primary.store.directory import Directory
from replication.adapters.private_file import make_private_folder, write_private
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def organisation_of(site_names: Sequence[str]) -> str:
    """The organisation file of headquarters with these sites, and a user to change."""
    sites = "".join(f'[[sites]]\nname = "{name}"\ntitle = "Site {name}"\n' for name in site_names)
    user = '[[users]]\nname = "ada"\nfull_name = "Ada Lovelace"\nbalance_micros = 20_000_000\n'
    return f'currency = "EUR"\n{sites}{user}'


async def enrol(data_folder: Path, site_names: Sequence[str], folder: Path) -> None:
    """Enrol them all with the primary of `data_folder`; a folder for each goes into `folder`."""
    authority = CertificateAuthority(data_folder / PKI_FOLDER, SystemClock())
    make_private_folder(folder)
    write_private(folder / "ca.pem", authority.pem.encode())
    with closing(Directory(data_folder / DIRECTORY_FILE)) as directory:
        for name in site_names:
            key = new_key()
            request = x509.CertificateSigningRequestBuilder().subject_name(common_name(name))
            csr_pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
            epoch = await directory.new_epoch(name)
            cert_pem = authority.sign_site(csr_pem.decode("ascii"), name, epoch, ())
            make_private_folder(folder / name)
            write_private(folder / name / CERT_FILE, cert_pem.encode())
            write_private(folder / name / KEY_FILE, key_pem(key).encode())
