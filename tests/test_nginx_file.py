"""The file for nginx: it parses, and the service stands behind TLS with its limits, its address and its inside kept.

Where nginx is installed it is asked itself.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from features.settings import Settings
from haidang import cli
from serving.access.service_settings import ServiceSettings
from serving.web.request_gate import PROBED

FILE = Path(cli.__file__).parent / "units" / "haidang.nginx.conf"
Block = list[tuple[list[str], "Block | None"]]


def parsed(text: str) -> Block:
    """Directives with their words, and with their block if they have one."""
    words = re.findall(r'"[^"]*"|\{|\}|;|[^\s;{}"]+', re.sub(r"#.*", "", text))
    blocks: list[Block] = [[]]
    line: list[str] = []
    for word in words:
        if word == "{":
            inner: Block = []
            blocks[-1].append((line, inner))
            blocks.append(inner)
            line = []
        elif word == "}":
            assert not line, f"{' '.join(line)} has no end"
            blocks.pop()
        elif word == ";":
            assert line
            blocks[-1].append((line, None))
            line = []
        else:
            line.append(word)
    assert len(blocks) == 1 and not line
    return blocks[0]


def found(block: Block, name: str) -> list[list[str]]:
    return [words[1:] for words, inner in block if words[0] == name and inner is None]


@pytest.fixture(scope="module")
def servers() -> list[Block]:
    return [inner for words, inner in parsed(FILE.read_text(encoding="utf-8")) if words == ["server"] and inner]


def test_what_comes_without_tls_is_sent_to_tls(servers: list[Block]) -> None:
    plain, secure = servers
    assert found(plain, "return") == [["308", "https://$host$request_uri"]]
    assert not [words for words, _ in plain if words[0] in ("location", "proxy_pass")]
    assert found(secure, "listen") == [["443", "ssl"], ["[::]:443", "ssl"]]
    assert found(secure, "ssl_protocols") == [["TLSv1.2", "TLSv1.3"]]
    assert found(secure, "add_header")[0][0] == "Strict-Transport-Security"


def test_it_passes_to_where_the_service_binds_by_default() -> None:
    (upstream,) = [
        inner for words, inner in parsed(FILE.read_text(encoding="utf-8")) if words[0] == "upstream" and inner
    ]
    settings = Settings()
    assert found(upstream, "server") == [[f"{settings.host}:{settings.port}"]]


def test_the_limits_leave_the_refusal_to_the_service(servers: list[Block]) -> None:
    settings = ServiceSettings()
    ((largest,),) = found(servers[1], "client_max_body_size")
    ((patience,),) = found(servers[1], "proxy_read_timeout")
    assert int(largest.removesuffix("m")) * 2**20 > settings.largest_body
    assert int(patience.removesuffix("s")) > settings.seconds


def test_a_caller_cannot_claim_another_address(servers: list[Block]) -> None:
    headers = dict(found(servers[1], "proxy_set_header"))
    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert not [inner for words, inner in servers[1] if inner and found(inner, "proxy_set_header")], "would unset these"


def test_probes_and_metrics_are_kept_inside(servers: list[Block]) -> None:
    inside = [(words[2], inner) for words, inner in servers[1] if words[:2] == ["location", "~"] and inner]
    ((pattern, block),) = inside
    assert all(re.search(pattern, path) for path in PROBED)
    assert found(block, "deny") == [["all"]]


def test_nginx_takes_it(tmp_path: Path) -> None:
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("nginx or openssl is not installed here")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=haidang.example.vn"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    text = FILE.read_text(encoding="utf-8")
    text = text.replace("/etc/ssl/haidang/fullchain.pem", str(certificate))
    text = text.replace("/etc/ssl/haidang/privkey.pem", str(key))
    whole = tmp_path / "nginx.conf"
    kept = "".join(
        f"{name}_temp_path {tmp_path}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    inside = f"access_log off; {kept}\n{text}"
    whole.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ {inside} }}", encoding="utf-8")
    told = subprocess.run([nginx, "-t", "-c", str(whole)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
