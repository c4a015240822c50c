"""Claim: what 'cmake --install --component python' installs is whole: it can be imported from there."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import papilio
from support import TABLE4


class Installed(unittest.TestCase):
    def test_it_works_where_it_is_installed(self):
        with tempfile.TemporaryDirectory() as prefix:
            subprocess.run(["cmake", "--install", os.environ["PAPILIO_BUILD_DIR"], "--component",
                            "python", "--prefix", prefix], check=True, capture_output=True)
            folder = pathlib.Path(prefix, "lib/python3/dist-packages")
            here = pathlib.Path(papilio.__file__).parent
            self.assertEqual({one.name for one in (folder / "papilio").iterdir()},
                             {one.name for one in here.iterdir() if one.name != "__pycache__"})
            done = subprocess.run(
                [sys.executable, "-B", "-c",
                 "import papilio, sys; print(papilio.__file__); print(papilio.check(sys.argv[1]))",
                 TABLE4], cwd="/", env={**os.environ, "PYTHONPATH": str(folder)},
                capture_output=True, text=True, check=True)
            self.assertEqual(done.stdout.splitlines(),
                             [str(folder / "papilio/__init__.py"), papilio.check(TABLE4)])


if __name__ == "__main__":
    unittest.main()
