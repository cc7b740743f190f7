"""A real nginx on loopback with the file of deploy/, whose ports, paths and name are changed and nothing else."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import trustme
from msgspec import Struct

from parts.mosquitto import HOST, PLACES, free_port
from parts.waiting import wait_until

FILE: Final = Path(__file__).parents[2] / "deploy" / "nginx" / "hallwatch.conf"
NAME: Final = "localhost"
AROUND: Final = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {file};
}}
"""


class Proxy(Struct, frozen=True):
    """A running nginx."""

    port: int
    plain_port: int
    trusts: ssl.SSLContext
    """What a client needs to believe its certificate."""

    @property
    def address(self) -> str:
        """Where browsers find the pages."""
        return f"https://{NAME}:{self.port}"


@contextlib.contextmanager
def serve_nginx(folder: Path, web_port: int) -> Iterator[Proxy]:
    """Start nginx in front of the pages on *web_port*, with a certificate made for it; end it."""
    program = shutil.which("nginx") or shutil.which("nginx", path=":".join(PLACES))
    assert program, "nginx is not there; install it with: apt-get install nginx-light"
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME, HOST)
    certificate.private_key_pem.write_to_path(folder / "hall.key")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(folder / "hall.crt", append=True)
    trusts = ssl.create_default_context()
    authority.configure_trust(trusts)
    proxy = Proxy(free_port(), free_port(), trusts)
    (folder / "hallwatch.conf").write_text(_change(FILE.read_text(encoding="utf-8"), folder, proxy, web_port))
    file = folder / "nginx.conf"
    file.write_text(AROUND.format(folder=folder, file=folder / "hallwatch.conf"))
    command = [program, "-c", str(file), "-p", str(folder), "-e", str(folder / "error.log")]
    subprocess.run([*command, "-t"], check=True, capture_output=True, timeout=20)
    process = subprocess.Popen(command)
    try:
        wait_until(lambda: _answers(proxy.port), 10, f"nginx on port {proxy.port}")
        yield proxy
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _change(text: str, folder: Path, proxy: Proxy, web_port: int) -> str:
    changes = {
        "    listen [::]:80;\n": "", "    listen [::]:443 ssl http2;\n": "", "127.0.0.1:8080": f"{HOST}:{web_port}",
        "listen 80;": f"listen {HOST}:{proxy.plain_port};", "listen 443 ": f"listen {HOST}:{proxy.port} ",
        "https://hall.example.cn$request_uri": f"{proxy.address}$request_uri", "hall.example.cn": NAME,
        "/etc/nginx/hallwatch": str(folder),
    }  # fmt: skip
    for old, new in changes.items():
        assert old in text, f"{FILE.name} has no {old!r} any more"
        text = text.replace(old, new)
    return text


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
        return True
    return False
