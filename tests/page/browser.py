"""Chromium without a window, driven over its pipe (Chrome DevTools Protocol), by Python's standard library alone."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile


def find():
    """The program, or None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def axe():
    """The text of axe-core, which is the one that its README names."""
    folder = pathlib.Path(__file__).parent / "axe"
    script = (folder / "axe.min.js").read_bytes()
    assert hashlib.sha256(script).hexdigest() in (folder / "README.md").read_text(encoding="utf-8"), "axe.min.js is another"
    return script.decode()


class Browser:
    """One page of one browser.  `complaints` gathers errors of the console and every request but the page's own."""

    def __init__(self, program):
        self.profile = tempfile.TemporaryDirectory()
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()

        def wire():
            # Chromium reads descriptor 3 and writes 4.
            first, second = os.dup(to_browser), os.dup(from_browser)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", "--no-first-run",
             "--disable-background-networking", f"--user-data-dir={self.profile.name}", "about:blank"],
            preexec_fn=wire, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.buffer, self.session = 0, b"", None
        self.complaints, self.page, self.loaded = [], None, False
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def _receive(self):
        while b"\0" not in self.buffer:
            more = os.read(self.read_end, 1 << 16)
            if not more:
                raise RuntimeError("the browser has ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, message):
        method, what = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(what["exceptionDetails"])[:800])
        elif method == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(what["args"])[:800])
        elif method == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
            self.complaints.append(json.dumps(what["entry"])[:800])
        elif method == "Network.requestWillBeSent" and not what["request"]["url"].startswith(("blob:", "data:")):
            if what["request"]["url"].split("#")[0] != self.page:
                self.complaints.append("asks for " + what["request"]["url"])

    def ask(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def open(self, file, width=1440, height=1000, scheme="light"):
        """Loads a file and waits for it."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.page, self.loaded = file.resolve().as_uri(), False
        self.ask("Page.navigate", url=self.page)
        while not self.loaded:
            self._note(self._receive())

    def value(self, script):
        """What a script gives, as JSON has it."""
        result = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:800])
        return result["result"].get("value")

    def violations(self):
        """What axe-core finds wrong with the page as it stands, every rule but experimental ones."""
        self.ask("Runtime.evaluate", expression=axe(), returnByValue=False)
        return self.value("""axe.run(document, {resultTypes: ['violations'], preload: false}).then((found) => found.violations.map(
            (each) => `${each.id}: ${each.help}: ${each.nodes.slice(0, 4).map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`))""")

    def close(self):
        try:
            self.session = None
            self.ask("Browser.close")
        except (RuntimeError, OSError):
            pass
        self.process.wait(timeout=20)
        os.close(self.write_end)
        os.close(self.read_end)
        self.profile.cleanup()
