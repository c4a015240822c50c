"""The schema that papilio prints accepts every shipped scenario and refuses what papilio refuses for
its form, judged by Debian's python3-jsonschema.  Arguments: the program, the project's folder."""

import json
import pathlib
import subprocess
import sys

import jsonschema
import yaml

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
schema = json.loads(subprocess.run([program, "schema"], check=True, capture_output=True).stdout)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)

# Malformed in a way that a schema can see; the others need the profiles, the network or the text.
FORM = {
    "bits-out-of-range", "empty-list", "missing-key", "negative-number", "not-a-mapping",
    "strategy-not-a-mapping", "unknown-energy-model", "unknown-key", "unknown-model",
    "unknown-strategy", "unknown-strategy-key", "version", "word-for-number", "wrong-type",
    "strategy-missing-after",
}


class Loader(yaml.SafeLoader):
    """YAML 1.1 reads 18e6 as text; papilio, as YAML 1.2, as a number. No scenario relies on it."""


def load(path):
    return yaml.load(path.read_text(), Loader)


shipped = sorted((root / "scenarios").rglob("*.yaml"))
assert shipped, "no scenario found"
for path in shipped:
    validator.validate(load(path))

malformed = root / "tests/scenario/malformed"
for name in sorted(FORM):
    assert not validator.is_valid(load(malformed / f"{name}.yaml")), f"{name} should be refused"
print(f"{len(shipped)} accepted, {len(FORM)} refused")
