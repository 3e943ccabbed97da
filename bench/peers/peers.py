"""Cases of `wufei bench evaluation` with pymcdm and numpy; see README.md. Data are synthetic (模拟数据)."""

import json
import sys
import time

import numpy as np
from pymcdm import helpers, methods

UNITS, INDICATORS, REPLICATES = 3000, 58, 10_000
SEED = 20211208


def best(runs, work):
    """The shortest of some runs, in milliseconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def table(random):
    """Sums of uniform numbers, every fifth column with a long tail."""
    bell = random.random((UNITS, 1)) + random.random((UNITS, INDICATORS, 3)).sum(axis=2)
    bell[:, ::5] **= 4
    return 20 * bell


def scaled(values):
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    return (values - low) / (high - low)


def ranks(scores):
    """Ranks from the largest along the last axis, 1 to n; ties in the order of the list."""
    order = np.argsort(-scores, axis=-1)
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(1, scores.shape[-1] + 1), axis=-1)
    return places


def build(values, weights):
    filled = np.where(np.isnan(values), np.nanmedian(values, axis=0), values)
    return ranks(scaled(filled) @ weights)


def drawn(random, weights, sets):
    moved = weights * (1 + 0.25 * random.uniform(-1, 1, (sets, INDICATORS)))
    return moved / moved.sum(axis=1, keepdims=True)


def replicates(random, values, weights):
    found = np.empty((REPLICATES, UNITS), dtype=np.int32)
    normal = scaled(values).T
    for start in range(0, REPLICATES, 500):
        sets = drawn(random, weights, 500)
        found[start : start + 500] = ranks(sets @ normal)
    return np.percentile(found, [5, 50, 95], axis=0)


def noise(random, values, weights):
    moved = values * (1 + 0.05 * random.standard_normal(values.shape))
    return ranks(scaled(moved) @ weights)


def copeland(values, weights, rows):
    """Wins less defeats of the first rows."""
    score = np.zeros(rows)
    for row in range(rows):
        balance = np.sign(values[row] - values) @ weights
        score[row] = (balance > 1e-12).sum() - (balance < -1e-12).sum()
    return score


def loop(values, weights, method, times):
    for _ in range(times):
        helpers.rankdata(method(values, weights, np.ones(INDICATORS), validation=False), reverse=True)


def peers():
    random = np.random.default_rng(SEED)
    values = table(random)
    weights = np.arange(INDICATORS) % 4 + 1.0
    weights /= weights.sum()
    holes = np.where(random.random(values.shape) < 0.02, np.nan, values)
    wsm = methods.WSM()
    few = 200
    part = values[:500]
    promethee = methods.PROMETHEE_II("vshape_2", p=np.full(INDICATORS, 30.0), q=np.full(INDICATORS, 1.0))
    flows = lambda: promethee(part, weights, np.ones(INDICATORS), validation=False)
    return {
        "full build": {
            "numpy": best(10, lambda: build(holes, weights)),
            "pymcdm (no missing cells, no treatment)": best(10, lambda: loop(values, weights, wsm, 1)),
        },
        "weight replicates: exact ranks and bands": {
            "numpy": best(1, lambda: replicates(random, values, weights)),
            "pymcdm": best(1, lambda: loop(values, weights, wsm, few)) * REPLICATES / few,
        },
        "replicates with noise on every cell": {"numpy": best(1, lambda: [noise(random, values, weights) for _ in range(100)]) * 10},
        "Copeland": {"numpy": best(1, lambda: copeland(values, weights, 100)) * UNITS / 100},
        "PROMETHEE II, linear": {"pymcdm (from 500 units, pairs grow with the square)": best(1, flows) * (UNITS / 500) ** 2},
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        ours = {figure["what"]: figure for figure in json.load(file) if figure["unit"] == "ms"}
    print(f"{'case':42} {'engine ms':>11} {'peer ms':>11} {'ratio':>8}  peer")
    for case, times in peers().items():
        for peer, took in times.items():
            own = ours[case]["found"] if case in ours else float("nan")
            print(f"{case:42} {own:11.2f} {took:11.2f} {took / own:7.1f}×  {peer}")


if __name__ == "__main__":
    main()
