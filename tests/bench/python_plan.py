"""What papilio.plan takes from Python: medians. Run by hand for docs/performance.md:
./papilio python tests/bench/python_plan.py SCENARIO [REPETITIONS]"""

import statistics
import sys
import time

import papilio


def timed(what, repetitions, work):
    times = []
    for i in range(repetitions):
        start = time.perf_counter()
        work(i)
        times.append(time.perf_counter() - start)
    print(f"{what:70} {statistics.median(times) * 1e6:10.1f} us, longest {max(times) * 1e6:10.1f} us")


def main():
    file = sys.argv[1]
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 1001
    timed("load", 11, lambda i: papilio.load(file))
    scenario = papilio.load(file)
    timed("plan, first of a scenario", 11, lambda i: papilio.plan(papilio.load(file)))
    answers = papilio.plan(scenario)
    plans = answers[0].plans.rows
    what = f"{len(answers)} radios, {plans} plans each"
    timed(f"plan again ({what})", repetitions, lambda i: papilio.plan(scenario))
    timed("plan under another uplink each time", repetitions,
          lambda i: papilio.plan(scenario, conditions={"uplink_bit_per_s": 1e6 + 1e3 * i}))
    timed("plan with another limit each time", 21,
          lambda i: papilio.plan(scenario, limits={"latency_s": 0.05 + 1e-4 * i}))
    timed("every plan as columns", 101, lambda i: answers[0].plans)
    timed("run", 21, lambda i: papilio.run(scenario))


if __name__ == "__main__":
    main()
