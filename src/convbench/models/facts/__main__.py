"""Write the facts of all networks: ``python -m convbench.models.facts``. It takes minutes."""

import json
from dataclasses import asdict

from convbench.files import write_text
from convbench.models import ARCHITECTURES
from convbench.models.facts import FILE
from convbench.models.facts.measure import measured
from convbench.models.torchvision_zoo import torchvision_architecture
from convbench.vision import torchvision

theirs = torchvision.models.list_models(module=torchvision.models)
found = {
    **{name: measured(name, ours, published=False) for name, ours in ARCHITECTURES.items()},
    **{name: measured(name, torchvision_architecture(name), published=True) for name in theirs},
}
lines = [f"  {json.dumps(name)}: {json.dumps(asdict(facts))}" for name, facts in found.items()]
write_text(FILE, "{\n" + ",\n".join(lines) + "\n}\n")
