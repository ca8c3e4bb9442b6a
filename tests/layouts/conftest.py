"""A server on this machine that can also behave badly, and an empty project to fetch into."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


class _Handler(SimpleHTTPRequestHandler):
    """Serves files; those in ``cut`` end half-way, the first time or always."""

    def do_GET(self):
        name = self.path.rsplit("/", 1)[-1].partition("?")[0]
        server = self.server
        server.asked.append(name)
        if server.cut.get(name, 0) > 0:
            server.cut[name] -= 1
            content = (Path(self.directory) / name).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


@dataclass
class Server:
    """Files of a folder, at an address of this machine."""

    folder: Path
    address: str
    asked: list[str] = field(default_factory=list)
    """Names of the files that were asked for."""
    cut: dict[str, int] = field(default_factory=dict)
    """How many more times a file's connection is cut in the middle."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "served"
    folder.mkdir()
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    found = Server(folder, f"http://127.0.0.1:{http.server_address[1]}")
    http.asked, http.cut = found.asked, found.cut
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield found
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working copy, and no mirror."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "data.dvc").write_text("outs: []\n")
    monkeypatch.chdir(root)
    monkeypatch.delenv("CONVBENCH_MIRROR", raising=False)
    return root


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries a download waits for seconds; a test need not."""
    monkeypatch.setattr("time.sleep", lambda _: None)


def digest_of(path: Path, kind: str = "sha256") -> str:
    return hashlib.new(kind, path.read_bytes()).hexdigest()
