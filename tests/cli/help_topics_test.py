"""What 'papilio help TOPIC' shows as a file works as it stands: each example is written where it says that
it lies, and read by the verb that reads such files.  Arguments: the program."""

import pathlib
import subprocess
import sys
import tempfile
import textwrap

program = pathlib.Path(sys.argv[1]).resolve()
TOPICS = ["scenario", "fleet", "study", "device", "radio", "layers", "network", "trace", "payload", "accuracy",
          "plan", "units", "strategies", "policies", "readings", "profiles", "exit-codes"]


def papilio(folder, *words):
    done = subprocess.run([program, *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def example_of(text):
    """The file that a topic shows."""
    if "\nExample (" not in text:
        return None
    lines = text.split("\nExample (", 1)[1].splitlines()[2:]
    kept = []
    for line in lines:
        if line and not line.startswith("  "):
            break
        kept.append(line)
    return textwrap.dedent("\n".join(kept)).strip("\n") + "\n"


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    listed = papilio(folder, "help")
    for topic in TOPICS:
        assert f"\n  {topic} " in listed, topic
        text = papilio(folder, "help", topic)
        assert text.startswith(f"{topic}: "), topic
        page = next(line for line in text.splitlines() if line.startswith("More: "))[6:]
        assert (pathlib.Path(sys.argv[2]) / page).is_file(), page
    files = {"scenario": "mine.yaml", "fleet": "town.yaml", "study": "rates.yaml", "trace": "lift.csv",
             "device": "results/profiles/devices/phone.yaml", "radio": "results/profiles/radios/home.yaml",
             "network": "results/profiles/models/tiny.yaml", "layers": "results/profiles/layers/phone/tiny.yaml",
             "payload": "payloads.csv", "accuracy": "accuracy.csv"}
    for topic, file in files.items():
        example = example_of(papilio(folder, "help", topic))
        assert example, topic
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(example)
    for topic in ("scenario", "fleet"):
        papilio(folder, "check", files[topic])
    papilio(folder, "study", "check", "rates.yaml")
    papilio(folder, "devices", "show", "phone")
    papilio(folder, "radios", "show", "home")
    assert "first" in papilio(folder, "models", "show", "tiny")
    papilio(folder, "profiles", "show", "phone/tiny")
    papilio(folder, "plan", "mine.yaml", "--trace", "lift.csv")
    # All of them in one scenario: the network, its layers, what was measured of it.
    (folder / "small.yaml").write_text(
        "name: small\nmodel: tiny\nmobile: {device: phone}\ncloud: {device: phone}\nnetworks: [home]\n"
        "accuracy_from: accuracy.csv\npayload: {from: payloads.csv, encode_power_w: 1}\nstrategies:\n"
        "  - {strategy: cloud-only}\n  - {strategy: split, after: [first], codec: zstd}\n"
        "  - {strategy: butterfly, after: [first], channels: 2}\n")
    papilio(folder, "check", "small.yaml")
    for word in ("selection", "oracle", "mobile-only", "three-way"):
        assert word in papilio(folder, "help", "strategies"), word
    assert "throughput-only" in papilio(folder, "help", "readings")
    assert "bit/s" in papilio(folder, "help", "units")
