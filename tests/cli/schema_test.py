"""The schema that papilio prints accepts every shipped scenario and refuses what papilio refuses for
its form, judged by Debian's python3-jsonschema.  Arguments: the program, the project's folder."""

import csv
import io
import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

program, root = sys.argv[1], pathlib.Path(sys.argv[2])


def validator_of(kind):
    printed = subprocess.run([program, "schema", kind], check=True, capture_output=True).stdout
    schema = json.loads(printed)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


validators = {kind: validator_of(kind) for kind in ("scenario", "fleet", "study", "device", "radio", "layers",
                                                     "network", "trace", "payloads", "accuracy",
                                                     "calibration", "plan")}

# Malformed in a way that a schema can see; the others need the profiles, the network or the text.
FORM = {
    "bits-out-of-range", "empty-list", "missing-key", "negative-number", "not-a-mapping",
    "strategy-not-a-mapping", "unknown-energy-model", "unknown-key",
    "unknown-strategy", "unknown-strategy-key", "version", "word-for-number", "wrong-type",
    "strategy-missing-after", "fleet-negative-count", "fleet-no-cells", "fleet-unknown-kind",
    "fleet-unknown-policy-key", "study-unknown-axis", "study-unknown-method",
}


class Loader(yaml.SafeLoader):
    """YAML 1.1 reads 18e6 as text; papilio, as YAML 1.2, as a number."""


# A date is a text to papilio.
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[0-9]+(\.[0-9]+)?e[+-]?[0-9]+$"),
                             list("0123456789"))


def load(path):
    return yaml.load(path.read_text(), Loader)


def is_valid(path):
    document = load(path)
    kind = document.get("kind", "scenario") if isinstance(document, dict) else "scenario"
    # Of an unknown kind, both should refuse it.
    return validators.get(kind, validators["fleet"]).is_valid(document)


shipped = sorted((root / "scenarios").rglob("*.yaml"))
assert shipped, "no scenario found"
for path in shipped:
    assert is_valid(path), f"{path} should be accepted"

profiles = 0
for folder, kind in (("devices", "device"), ("radios", "radio"), ("layers", "layers"), ("models", "network")):
    for path in sorted((root / "profiles" / folder).rglob("*.yaml")):
        for error in validators[kind].iter_errors(load(path)):
            raise AssertionError(f"{path} should be accepted: {error.message}")
        profiles += 1
assert profiles > 15
short = {"title": "phone", "peak_fp32_flop_per_s": 1e12, "memory_byte_per_s": 30e9}
assert validators["device"].is_valid(short)
assert not validators["device"].is_valid({**short, "memory_byte_per_s": -1})

# Every example of the page of keys is what its key may be.
def parts_of(schema, steps):
    """The schemas that a key's path leads to: several where variants have the key."""
    if "anyOf" in schema:
        return [found for one in schema["anyOf"] for found in parts_of(one, steps)]
    if not steps:
        return [schema]
    step, rest = steps[0], steps[1:]
    if step == "[]":
        items = schema.get("items", {})
        return [found for one in items.get("oneOf", [items]) for found in parts_of(one, rest)]
    if step not in schema.get("properties", {}):
        return []
    # A choice of values is met as a whole.
    found = schema["properties"][step]
    return [found] if not rest else parts_of(found, rest)


examples = 0
for kind, validator in validators.items():
    printed = subprocess.run([program, "schema", kind, "--keys", "--format", "csv"], check=True,
                             capture_output=True, text=True).stdout
    for row in csv.DictReader(io.StringIO(printed)):
        steps = row["key"].replace("[]", ".[]").split(".")
        parts = parts_of(validator.schema, steps)
        assert parts, (kind, row["key"])
        if not row["example"]:
            kinds = {part.get("type") for part in parts}
            assert kinds <= {"array", "object", None}, f"{kind}: {row['key']} has no example"
            continue
        value = yaml.load(row["example"], Loader)
        text = row["example"]
        assert any(jsonschema.Draft7Validator(part).is_valid(one) for part in parts for one in (value, text)), \
            f"{kind}: {row['key']}: {row['example']} is not valid"
        examples += 1
assert examples > 300, examples

malformed = root / "tests/scenario/malformed"
for name in sorted(FORM):
    assert not is_valid(malformed / f"{name}.yaml"), f"{name} should be refused"
print(f"{len(shipped)} accepted, {len(FORM)} refused")
