#!/usr/bin/env python3
"""Mobiles against one server for some minutes, over loopback: does memory grow, or the number of descriptors?

Starts 'papilio serve' and as many 'papilio offload' as asked for, of resnet20-cifar10 with random weights, and looks
every few seconds at what each process has: memory (VmRSS), open descriptors, threads. Prints medians of the first and
the last minute, and how memory grows behind the first minute, by least squares, with its 95 % interval. A mobile keeps
a record of each request, about half a kB, which is part of what it grows by. Exit code 1: the memory of one grows by
more than 2 % in ten minutes and its interval is above 0, or its descriptors grow, or it does not end as it should.
Memory is taken in steps of a MiB or so, now and then: of less than four minutes nothing is said about it.
"""

import argparse
import csv
import json
import math
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

MODEL = ["--model", "resnet20-cifar10", "--after", "RB3", "--threads", "1"]
MOST_GROWTH = 0.02  # of memory, in ten minutes
LEAST_SPAN_S = 180  # behind the first minute, to judge it by
PATIENCE_S = 600  # for what starts or ends


class Unfit(Exception):
    """The run did not go as it should."""


class Watched:
    """A process of the run, and what was seen of it."""

    def __init__(self, name, words, work):
        self.name = name
        self.out = work / f"{name}.out"
        self.err = work / f"{name}.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err)
        self.samples = []  # date in s, memory in KiB, descriptors, threads

    def sample(self, date):
        """Looks at it. @return whether it is there still"""
        folder = pathlib.Path("/proc") / str(self.process.pid)
        try:
            fields = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            descriptors = len(os.listdir(folder / "fd"))
            self.samples.append((round(date, 3), int(fields["VmRSS"].split()[0]), descriptors,
                                 int(fields["Threads"])))
        except (OSError, KeyError):  # it has ended
            return False
        return self.process.poll() is None

    def wait(self):
        """@throws Unfit if it does not end, or not with exit code 0"""
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Unfit(f"{self.name} does not end") from None
        if code != 0:
            raise Unfit(f"{self.name} ended with exit code {code}: {self.err.read_text(errors='replace').strip()}")


def wait_until(holds, processes, what):
    """@throws Unfit if it does not come to that, or a process ends before"""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        for one in processes:
            if one.process.poll() is not None:
                raise Unfit(f"{one.name} ended: {one.err.read_text(errors='replace').strip()}")
        if time.monotonic() > end:
            raise Unfit(f"waited in vain until {what}")
        time.sleep(0.05)


def address_of(server):
    """Where the server says that it listens; None: it has not yet said."""
    words = server.out.read_text().split(" at ", 1)
    return words[1].split(": ", 1)[0] if len(words) == 2 and ": " in words[1] else None


def connections(port):
    """Connections that are open at a port of this machine."""
    count = 0
    for family in ("tcp", "tcp6"):  # a socket of IPv6 takes both
        for line in (pathlib.Path("/proc/net") / family).read_text().splitlines()[1:]:
            _, local, _, state = line.split()[:4]
            count += state == "01" and int(local.rsplit(":", 1)[1], 16) == port
    return count


def slope_of(points):
    """Least squares. @return slope and half its 95 % interval; neighbours that are alike make it wider"""
    count = len(points)
    if count < 5:
        return 0.0, math.inf
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    rest = [y - mean_y - slope * (x - mean_x) for x, y in points]
    squares = sum(value * value for value in rest)
    if squares == 0:
        return slope, 0.0
    alike = max(0.0, sum(a * b for a, b in zip(rest, rest[1:])) / squares)
    # As many independent points as these are worth; two are used up by the line.
    worth = max(3.0, count * (1 - alike) / (1 + alike))
    error = math.sqrt(squares / count * worth / (worth - 2) / spread * count / worth)
    return slope, student(worth - 2) * error


def student(freedom):
    """The 97.5 % quantile of Student's distribution, from the normal one's (Cornish and Fisher): exact to 1 % from
    five degrees of freedom on, and too small by a tenth at two."""
    z = statistics.NormalDist().inv_cdf(0.975)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def judged(one, minute):
    """What is known of a process in the end. @param minute in s; shorter in a short run"""
    last_date = one.samples[-1][0]
    first = [sample for sample in one.samples if sample[0] <= minute]
    last = [sample for sample in one.samples if sample[0] >= last_date - minute]
    median = {"first": [statistics.median(sample[i] for sample in first) for i in (1, 2, 3)],
              "last": [statistics.median(sample[i] for sample in last) for i in (1, 2, 3)]}
    slope, half = slope_of([(date, kib) for date, kib, _, _ in one.samples if date > minute])
    scale = 600 / median["first"][0]  # to a share in ten minutes
    growth = {"share_in_ten_minutes": slope * scale, "low": (slope - half) * scale, "high": (slope + half) * scale}
    wrong = []
    long_enough = last_date - minute >= LEAST_SPAN_S
    if long_enough and growth["low"] > 0 and growth["share_in_ten_minutes"] > MOST_GROWTH:
        wrong.append("memory grows")
    if median["last"][1] > median["first"][1]:
        wrong.append("descriptors grow")
    finite = {key: value if math.isfinite(value) else None for key, value in growth.items()}
    return {"name": one.name, "wrong": wrong, "memory_judged": long_enough, "growth": finite,
            **{f"{when}_minute": dict(zip(("memory_kib", "descriptors", "threads"), values))
               for when, values in median.items()},
            "samples": [dict(zip(("date_s", "memory_kib", "descriptors", "threads"), s)) for s in one.samples]}


def watch(processes, minutes, every):
    """Looks at all of them again and again until the time is over or one has ended."""
    begun = time.monotonic()
    shown = sys.stderr.isatty()
    looks = 0
    while True:
        date = time.monotonic() - begun
        alive = [one.sample(date) for one in processes]
        if shown:
            memory = " ".join(f"{one.samples[-1][1] / 1024:.0f}" for one in processes)
            print(f"\r\033[K{date / 60:.1f} of {minutes:g} minutes; MiB: {memory}", end="", file=sys.stderr, flush=True)
        if date >= 60 * minutes or not all(alive):
            break
        looks += 1
        time.sleep(max(0.0, begun + looks * every - time.monotonic()))
    if shown:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def ends_of(folder):
    """How the requests of a mobile ended."""
    ends = {}
    with open(folder / "stages.csv", newline="") as file:
        for row in csv.DictReader(file):
            ends[row["end"]] = ends.get(row["end"], 0) + 1
    return ends


def run(options, work, processes):
    """@return what is written in the end; processes are added to a list that its caller ends"""
    papilio = options.build / "papilio"
    server = Watched("server", [papilio, "serve", *MODEL, "--listen", "127.0.0.1:0"], work)
    processes.append(server)
    wait_until(lambda: address_of(server), processes, "the server serves")
    address = address_of(server)
    # All have one seed, by which the weights are random, and the arrivals too: unlike rates keep them apart.
    rates = [options.rate * (1 + 0.03 * i) for i in range(options.mobiles)]
    requests = [max(1, round(60 * options.minutes * rate)) for rate in rates]
    for i in range(options.mobiles):
        words = [papilio, "offload", *MODEL, "--data", "synthetic", "--pictures", 16, "--codec", "zstd",
                 "--to", address, "--connect", PATIENCE_S, "--requests", requests[i], "--rate", rates[i],
                 "--overlap", 1, "--quiet", "-o", work / f"run{i}"]
        processes.append(Watched(f"mobile {i + 1}", words, work))
    port = int(address.rsplit(":", 1)[1])
    wait_until(lambda: connections(port) == options.mobiles, processes, "all mobiles are connected")
    watch(processes, options.minutes, options.every)
    for one in processes[1:]:
        one.wait()
    server.process.send_signal(signal.SIGTERM)
    server.wait()
    result = {"mobiles": options.mobiles, "rate_per_s": options.rate, "minutes": options.minutes,
              "requests": requests, "processes": [], "ends": []}
    for i in range(options.mobiles):
        ends = ends_of(work / f"run{i}")
        if sum(ends.values()) != requests[i]:
            raise Unfit(f"mobile {i + 1} has {sum(ends.values())} records of {requests[i]} requests")
        result["ends"].append(ends)
    minute = min(60.0, 60 * options.minutes / 3)
    result["processes"] = [judged(one, minute) for one in processes]
    return result


def printed(result):
    print(f"{result['mobiles']} mobiles of {result['rate_per_s']:g} requests/s and a little more, "
          f"{result['minutes']:g} minutes\n")
    print("| process | memory, first minute, MiB | last | growth in ten minutes, % | 95 % | descriptors, first | last"
          " | threads, first | last | |")
    print("|---|--:|--:|--:|---|--:|--:|--:|--:|---|")
    for one in result["processes"]:
        first, last, growth = one["first_minute"], one["last_minute"], one["growth"]
        interval = "unknown" if growth["low"] is None else f"{100 * growth['low']:.2f} to {100 * growth['high']:.2f}"
        print(f"| {one['name']} | {first['memory_kib'] / 1024:.1f} | {last['memory_kib'] / 1024:.1f} "
              f"| {100 * growth['share_in_ten_minutes']:.2f} | {interval} "
              f"| {first['descriptors']:g} | {last['descriptors']:g} | {first['threads']:g} | {last['threads']:g} "
              f"| {', '.join(one['wrong'])} |")
    if not all(one["memory_judged"] for one in result["processes"]):
        print("\nToo short to judge memory by.")
    total = {}
    for ends in result["ends"]:
        for end, count in ends.items():
            total[end] = total.get(end, 0) + count
    print("\nRequests: " + ", ".join(f"{count} {end}" for end, count in sorted(total.items())) + ".")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="folder with papilio and papilio-tensor: build/release")
    parser.add_argument("minutes", type=float, help="how long, from when all are connected")
    parser.add_argument("out", type=pathlib.Path, help="JSON file for all that was seen")
    parser.add_argument("--mobiles", type=int, default=4, help="(default: 4)")
    parser.add_argument("--rate", type=float, default=5,
                        help="requests per second of the first mobile; each other has 3 %% more (default: 5)")
    parser.add_argument("--every", type=float, default=5, help="seconds between two looks (default: 5)")
    options = parser.parse_args()
    if not all(0 < value < math.inf for value in (options.minutes, options.mobiles, options.rate, options.every)):
        parser.error("minutes, mobiles, rate and every are numbers above 0")
    if not (options.build / "papilio").exists():
        parser.error(f"there is no {options.build / 'papilio'}; build it, or name another folder")
    try:
        options.out.touch()  # rather told now than in the end
    except OSError as problem:
        parser.error(f"cannot write {options.out}: {problem.strerror}")
    # An end from outside ends what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    processes = []
    with tempfile.TemporaryDirectory() as work:
        try:
            result = run(options, pathlib.Path(work), processes)
        except Unfit as problem:
            sys.exit(f"live.py: {problem}")  # exit code 1
        except KeyboardInterrupt:
            sys.exit(128 + signal.SIGINT)
        finally:
            for one in processes:
                if one.process.poll() is None:
                    one.process.kill()
                    one.process.wait()
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    printed(result)
    sys.exit(any(one["wrong"] for one in result["processes"]))


if __name__ == "__main__":
    main()
