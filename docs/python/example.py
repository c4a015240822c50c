"""Where should ResNet-50 be split between a phone and the cloud, by Papilio from Python?

    ./papilio python docs/python/example.py

It plans, simulates the plan, sweeps the uplink's rate in a study, and says how many phones share a cell.
tests/python/example_test.py holds its figures equal to the command line's.
"""

import pathlib
import tempfile

import papilio

SCENARIOS = pathlib.Path("scenarios")  # those of this folder or, where it has none, those that come with Papilio


def best_plans():
    """The best plan on each radio for which the cloud computes for 5 ms at most."""
    scenario = papilio.load(SCENARIOS / "paper/table4.yaml")
    answers = papilio.plan(scenario, target="latency", limits={"cloud_s": 0.005})
    return {answer.network: answer.best for answer in answers}


def simulated(plan, network):
    """The latency of a plan in simulation, s."""
    scenario = papilio.load(
        SCENARIOS / "paper/table4.yaml",
        set={"networks": [network], "energy_models": ["stated"], "strategies": [plan.strategy_item]})
    return papilio.run(scenario).summary["latency_s"][0]


def by_rate(network, rates):
    """The best plan at each rate of the uplink, bit/s. Each takes less than a millisecond."""
    scenario = papilio.load(SCENARIOS / "paper/table4.yaml", set={"networks": [network]})
    return [papilio.plan(scenario, conditions={"uplink_bit_per_s": rate})[0].best for rate in rates]


def best_cuts(database):
    """The best cut of the paper's butterfly unit at five rates of the uplink: a study and a table of it."""
    study = papilio.study(
        SCENARIOS / "studies/bandwidth.yaml", database,
        set={"grid": [{"axis": "log_range", "key": "uplink_bit_per_s", "from": 5e5, "to": 5e7,
                       "count": 5}]})
    assert study.failed == 0, study.first_error
    return papilio.table(database, "uplink_bit_per_s", best="partition")


def tail(phones):
    """The slowest twentieth of the answers: p95 of each strategy where so many phones share a cell, s."""
    fleet = papilio.load(SCENARIOS / "fleets/town.yaml",
                         set={"mobiles.0.count": phones, "duration_s": 120, "warm_up_s": 12})
    summary = papilio.run(fleet, jobs=0).summary
    return dict(zip(summary["strategy"], summary["p95_s"]))


def main():
    print("The best plan of each radio, the cloud computing for 5 ms at most:")
    for network, plan in best_plans().items():
        print(f"  {network:4} {plan.name:28} {plan.latency_s * 1e3:7.2f} ms"
              f" {plan.mobile_energy_j * 1e3:7.2f} mJ, simulated {simulated(plan, network) * 1e3:.2f} ms")

    rates = [5e5, 2e6, 8e6, 3.2e7]
    print("By the rate of Wi-Fi's uplink:")
    for rate, plan in zip(rates, by_rate("wifi", rates)):
        print(f"  {rate / 1e6:5.1f} Mbit/s  {plan.name:28} {plan.latency_s * 1e3:7.2f} ms")

    print("Of the partitions of the paper, from a study:")
    with tempfile.TemporaryDirectory() as folder:
        table = best_cuts(pathlib.Path(folder) / "bandwidth.db")
        for i in range(table.rows):
            print("  " + ", ".join(f"{name} {value}" for name, value in table.row(i).items()))

    print("p95 where 40 phones share a cell:")
    for strategy, latency_s in tail(40).items():
        print(f"  {strategy:14} {latency_s * 1e3:8.2f} ms")


if __name__ == "__main__":
    main()
