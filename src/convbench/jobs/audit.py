"""Look for what makes a dataset's numbers doubtful."""

from pathlib import Path

from convbench.data.audit.audit import as_json
from convbench.data.audit.audit import audit as look
from convbench.data.prepared import open_prepared
from convbench.files import make_folder, write_json


def audit(prepared: Path, out: Path) -> None:
    """Write what the audit of a prepared dataset finds, and print what is to be minded."""
    found = look(open_prepared(prepared), prepared)
    make_folder(out.parent)
    write_json(out, as_json(found))
    print(f"{found.dataset}: {len(found.badges) or 'no'} findings")
    for badge in found.badges:
        print(f"  {badge.name}: {badge.text}")
