"""Slow twins of every statistic, written from the definitions with loops over sites and haplotypes."""

import itertools
import math

import numpy as np

from introghost import seeds
from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes

SFS_EDGES = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)
JOINT_EDGES = (0.0, 0.1, 0.5, 1.0)
PRIVATE_EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 1.0)
WINDOW_BINS, WIDE_BINS = 5, 15


def columns(h: Haplotypes, role: int) -> list[list[int]]:
    """Haplotypes of one role, each a list of alleles."""
    return [[int(a) for a in h.genotypes[:, i]] for i in range(len(h.roles)) if h.roles[i] == role]


def count(alleles: list[int]) -> tuple[int, int]:
    """Derived and called."""
    return sum(a == 1 for a in alleles), sum(a != -1 for a in alleles)


def in_class(value: float, edges: tuple[float, ...]) -> int | None:
    for index in range(len(edges) - 1):
        if edges[index] < value <= edges[index + 1]:
            return index
    return None


def callable_total(h: Haplotypes, start: int, end: int) -> int:
    return sum(max(0, min(end, int(b)) - max(start, int(a))) for a, b in h.callable_bp)


# ---------------------------------------------------------------- population


def population(h: Haplotypes) -> dict[str, float]:
    sites = len(h.positions_bp)
    haps = {"outgroup": columns(h, OUTGROUP), "target": columns(h, TARGET)}
    rows = {role: [[hap[s] for hap in haps[role]] for s in range(sites)] for role in haps}
    bp = callable_total(h, *h.interval_bp)
    values: dict[str, float] = {}
    for role in haps:
        values |= within(role, rows[role], bp)
        values |= ld_decay(role, h.positions_bp, rows[role])
        values[f"haplotype_diversity_{role}"] = haplotype_diversity(rows[role])
    values |= joint(rows["outgroup"], rows["target"])
    values |= between(rows["outgroup"], rows["target"], bp)
    values |= private(h, haps["target"], rows["outgroup"], rows["target"], bp)
    return values


def within(role: str, rows: list[list[int]], bp: int) -> dict[str, float]:
    classes = [0] * 5
    pi = theta = 0.0
    segregating = []
    for row in rows:
        k, n = count(row)
        if 0 < k < n:
            segregating.append((k, n))
            classes[in_class(k / n, SFS_EDGES)] += 1
            pi += k * (n - k) / math.comb(n, 2)
            theta += 1 / sum(1 / i for i in range(1, n))
    total = len(segregating)
    values = {f"sfs_{role}_{i}": c / total if total else 0.0 for i, c in enumerate(classes)}
    values[f"pi_{role}"] = pi / bp if bp else 0.0
    values[f"theta_{role}"] = theta / bp if bp else 0.0
    values[f"tajima_d_{role}"] = tajima_d(pi, total, max((n for _, n in segregating), default=0))
    return values


def tajima_d(pi: float, s: int, n: int) -> float:
    if s < 3:
        return 0.0
    a1 = sum(1 / i for i in range(1, n))
    a2 = sum(1 / i**2 for i in range(1, n))
    b1 = (n + 1) / (3 * (n - 1))
    b2 = 2 * (n * n + n + 3) / (9 * n * (n - 1))
    c1 = b1 - 1 / a1
    c2 = b2 - (n + 2) / (a1 * n) + a2 / a1**2
    variance = c1 / a1 * s + c2 / (a1**2 + a2) * s * (s - 1)
    return (pi - s / a1) / math.sqrt(variance) if variance > 0 else 0.0


def joint(outgroup: list[list[int]], target: list[list[int]]) -> dict[str, float]:
    table = {(i, j): 0 for i in range(4) for j in range(4)}
    total = 0
    for a, b in zip(outgroup, target, strict=True):
        (k, n), (j, m) = count(a), count(b)
        if n == 0 or m == 0 or k + j in (0, n + m):
            continue
        total += 1
        first, second = (0 if x == 0 else 1 + in_class(x, JOINT_EDGES) for x in (k / n, j / m))
        table[first, second] += 1
    return {f"joint_sfs_{i}_{j}": c / total if total else 0.0 for (i, j), c in table.items() if i or j}


def between(outgroup: list[list[int]], target: list[list[int]], bp: int) -> dict[str, float]:
    numerator = denominator = dxy = 0.0
    for a, b in zip(outgroup, target, strict=True):
        (k, n), (j, m) = count(a), count(b)
        if n and m:
            across = (k * (m - j) + (n - k) * j) / (n * m)
            dxy += across
            if n > 1 and m > 1:
                inside = (k * (n - k) / math.comb(n, 2) + j * (m - j) / math.comb(m, 2)) / 2
                numerator += across - inside
                denominator += across
    return {"fst": numerator / denominator if denominator else 0.0, "dxy": dxy / bp if bp else 0.0}


def r_squared(x: list[int], y: list[int]) -> float:
    def centre(row: list[int]) -> list[float]:
        k, n = count(row)
        return [a - k / n if a != -1 else 0.0 for a in row]

    u, v = centre(x), centre(y)
    uu, vv = sum(a * a for a in u), sum(a * a for a in v)
    r2 = sum(a * b for a, b in zip(u, v, strict=True)) ** 2 / (uu * vv) if uu > 0 and vv > 0 else 0.0
    return r2 - 1 / max(len(x) - 1, 1)


def thin(items: list[int], limit: int = 400) -> list[int]:
    if len(items) <= limit:
        return items
    return [items[i * len(items) // limit] for i in range(limit)]


def mean_ld(positions: np.ndarray, rows: list[list[int]], chosen: list[int], low: int, high: int) -> float:
    found = []
    for s, t in itertools.combinations(chosen, 2):
        if low < positions[t] - positions[s] <= high:
            found.append(r_squared(rows[s], rows[t]))
    return sum(found) / len(found) if found else 0.0


def ld_decay(role: str, positions: np.ndarray, rows: list[list[int]]) -> dict[str, float]:
    common = []
    for s, row in enumerate(rows):
        k, n = count(row)
        if n and 0.1 <= k / n <= 0.9:
            common.append(s)
    edges = (0, 5_000, 20_000, 100_000)
    chosen = thin(common)
    return {f"ld_{role}_{i}": mean_ld(positions, rows, chosen, edges[i], edges[i + 1]) for i in range(3)}


def haplotype_diversity(rows: list[list[int]]) -> float:
    segregating = [row for row in rows if 0 < count(row)[0] < count(row)[1]]
    values = []
    for start in range(0, len(segregating) - 49, 200):
        haps = list(zip(*segregating[start : start + 50], strict=True))
        n = len(haps)
        values.append(sum(a != b for a, b in itertools.combinations(haps, 2)) / math.comb(n, 2))
    return sum(values) / len(values) if values else 0.0


def private(
    h: Haplotypes, haps: list[list[int]], outgroup: list[list[int]], target: list[list[int]], bp: int
) -> dict[str, float]:
    sites, classes = [], [0] * 5
    for s in range(len(target)):
        (k, n), (j, m) = count(outgroup[s]), count(target[s])
        if n and k == 0 and j:
            sites.append(s)
            classes[in_class(j / m, PRIVATE_EDGES)] += 1
    values = {f"private_{i}": c / bp if bp else 0.0 for i, c in enumerate(classes)}
    spans = []
    for hap in haps:
        run: list[int] = []
        for position in [int(h.positions_bp[s]) for s in sites if hap[s] == 1] + [10**12]:
            if run and position - run[-1] >= 10_000:
                if len(run) > 1:
                    spans.append(run[-1] - run[0] + 1)
                run = []
            run.append(position)
    values["private_run_mean"] = float(np.mean(spans)) if spans else 0.0
    values["private_run_q90"] = float(np.quantile(spans, 0.9)) if spans else 0.0
    values["private_run_max"] = float(max(spans)) if spans else 0.0
    shared = thin([s for s in sites if count(target[s])[0] >= 2])
    values["private_ld"] = mean_ld(h.positions_bp, target, shared, 0, 50_000)
    return values


# ---------------------------------------------------------------- haplotype


def num_bins(h: Haplotypes, bin_bp: int) -> int:
    return math.ceil((h.interval_bp[1] - h.interval_bp[0]) / bin_bp)


def halves_of(h: Haplotypes, bin_bp: int, bins: list[list[int]]) -> list[tuple[list[int], list[int]]]:
    """Sites of the two halves of each bin."""
    result = []
    for b, sites in enumerate(bins):
        middle = h.interval_bp[0] + b * bin_bp + bin_bp // 2
        first = [s for s in sites if h.positions_bp[s] < middle]
        result.append((first, sites[len(first) :]))
    return result


def bin_of(h: Haplotypes, bin_bp: int) -> list[list[int]]:
    """Sites of each bin."""
    bins: list[list[int]] = [[] for _ in range(num_bins(h, bin_bp))]
    for s, position in enumerate(h.positions_bp):
        bins[(int(position) - h.interval_bp[0]) // bin_bp].append(s)
    return bins


def window(b: int, bins: int, size: int = WINDOW_BINS) -> range:
    return range(max(0, b - size // 2), min(bins, b + size // 2 + 1))


def distance(x: list[int], y: list[int], sites: list[int]) -> float:
    both = [s for s in sites if x[s] != -1 and y[s] != -1]
    different = sum(x[s] != y[s] for s in both)
    return different * len(sites) / len(both) if both else 0.0


def nearest_in(x: list[int], panel_of: list[list[int]], sites: list[int]) -> float:
    """Distance to the nearest of a panel, of those that share a site if there are any sites."""
    known = [y for y in panel_of if not sites or any(x[s] != -1 and y[s] != -1 for s in sites)]
    return min((distance(x, y, sites) for y in known), default=0.0)


def site_class(target: list[int], outgroup: list[int]) -> str | None:
    (k, n), (j, m) = count(outgroup), count(target)
    if k == 0:
        if j == 1:
            return "private_singletons"
        if j > 1:
            share = j / m
            return f"private_shared_{'rare' if share <= 0.05 else 'intermediate' if share <= 0.2 else 'common'}"
        return None
    return "rare_in_outgroup" if k / n <= 0.05 else "common_in_outgroup"


def enriched(target: list[int], outgroup: list[int]) -> bool:
    (k, n), (j, m) = count(outgroup), count(target)
    return k > 0 and j > 0 and k / n <= 0.25 * j / m


def nearly_private(target: list[int], outgroup: list[int]) -> bool:
    (k, n), (j, m) = count(outgroup), count(target)
    outgroup_share, target_share = k / max(n, 1), j / max(m, 1)
    return outgroup_share <= 0.02 and outgroup_share <= 0.25 * target_share


def panel(h: Haplotypes, role: int) -> list[int]:
    """At most 200 haplotypes, those of individuals whose names have the lowest digests."""
    names = [name for name, own in zip(h.sample_names, h.roles, strict=True) if own == role]
    by_digest = sorted((seeds.derive(0, "panel", name), name, index) for index, name in enumerate(names))
    return sorted(index for _, _, index in by_digest[:200])


CLOSEST = (
    *("distance_nearest_outgroup", "distance_quantile_outgroup", "private_shared"),
    *("private_window", "nearly_private_window"),
)


def neighbour(
    target: list[list[int]],
    near_out: list[list[int]],
    classes: list[str | None],
    nearly: list[bool],
    bins: list[list[int]],
    over: range,
    t: int,
    members: list[int],
) -> tuple[float, float, int, int, int]:
    """The statistics `CLOSEST` of target haplotype `t`, not divided by callable sequence."""
    to_out = sorted(sum(distance(target[t], other, bins[w]) for w in over) for other in near_out)
    private = [s for w in over for s in bins[w] if target[t][s] == 1 and (classes[s] or "").startswith("private")]
    shared = [sum(target[u][s] == 1 for s in private) for u in members if u != t]
    num_nearly = sum(target[t][s] == 1 and nearly[s] for w in over for s in bins[w])
    return to_out[0], to_out[int(0.05 * len(to_out))], max(shared, default=0), len(private), num_nearly


def haplotype(h: Haplotypes, bin_bp: int) -> dict[str, np.ndarray]:
    """Every statistic, each (num_target_haplotypes, num_bins)."""
    target, outgroup = columns(h, TARGET), columns(h, OUTGROUP)
    near_out = [outgroup[u] for u in panel(h, OUTGROUP)]
    members = panel(h, TARGET)
    bins = bin_of(h, bin_bp)
    halves = halves_of(h, bin_bp, bins)
    sites = range(len(h.positions_bp))
    rows = [([hap[s] for hap in target], [hap[s] for hap in outgroup]) for s in sites]
    classes = [site_class(*row) for row in rows]
    nearly = [nearly_private(*row) for row in rows]
    start, end = h.interval_bp
    spans = [(start + b * bin_bp, min(start + (b + 1) * bin_bp, end)) for b in range(len(bins))]
    callable_bp = [callable_total(h, *span) for span in spans]
    result: dict[str, np.ndarray] = {}

    def put(name: str, t: int, b: int, value: float, over: range) -> None:
        covered = sum(callable_bp[w] for w in over)
        if covered == 0 or covered < 0.1 * bin_bp * len(over):
            value = 0.0
        else:
            value *= 10_000 / covered
        result.setdefault(name, np.zeros((len(target), len(bins))))[t, b] = value

    for t, mine in enumerate(target):
        for b in range(len(bins)):
            over, wide = window(b, len(bins)), window(b, len(bins), WIDE_BINS)
            here = range(b, b + 1)
            for name in (
                "private_singletons",
                "private_shared_rare",
                "private_shared_intermediate",
                "private_shared_common",
                "rare_in_outgroup",
                "common_in_outgroup",
            ):
                put(name, t, b, sum(mine[s] == 1 and classes[s] == name for s in bins[b]), here)
            found = sum(mine[s] == 1 and enriched(*rows[s]) for s in bins[b])
            put("enriched_in_target", t, b, found, here)
            put("nearly_private", t, b, sum(mine[s] == 1 and nearly[s] for s in bins[b]), here)
            to_out = [sum(distance(mine, other, bins[w]) for w in over) for other in near_out]
            put("distance_nearest_outgroup", t, b, min(to_out), over)
            put("distance_quantile_outgroup", t, b, sorted(to_out)[int(0.05 * len(to_out))], over)
            put("distance_mean_outgroup", t, b, sum(to_out) / len(to_out), over)
            put("distance_nearest_outgroup_bin", t, b, min(distance(mine, o, bins[b]) for o in near_out), here)
            far = [sum(distance(mine, other, bins[w]) for w in wide) for other in near_out]
            put("distance_nearest_outgroup_wide", t, b, min(far), wide)
            put("distance_quantile_outgroup_wide", t, b, sorted(far)[int(0.05 * len(far))], wide)
            others = [target[u] for u in members if u != t]
            to_in = [sum(distance(mine, other, bins[w]) for w in over) for other in others]
            put("distance_nearest_target", t, b, min(to_in, default=0.0), over)
            put("distance_mean_target", t, b, sum(to_in) / max(len(to_in), 1), over)
            far = [sum(distance(mine, other, bins[w]) for w in wide) for other in others]
            put("distance_nearest_target_wide", t, b, min(far, default=0.0), wide)
            for name, panel_of in (("outgroup", near_out), ("target", others)):
                in_halves = [nearest_in(mine, panel_of, half) for half in halves[b]]
                put(f"distance_nearest_{name}_halves", t, b, sum(in_halves), here)
            mine_private = [
                s for w in over for s in bins[w] if mine[s] == 1 and (classes[s] or "").startswith("private")
            ]
            shared = [sum(other[s] == 1 for s in mine_private) for other in others]
            put("private_shared_with_closest_target", t, b, max(shared, default=0), over)
            put("private_window", t, b, len(mine_private), over)
            in_wide = [s for w in wide for s in bins[w] if mine[s] == 1 and (classes[s] or "").startswith("private")]
            shared = [sum(other[s] == 1 for s in in_wide) for other in others]
            put("private_shared_with_closest_target_wide", t, b, max(shared, default=0), wide)
            for name, bins_over in (("", over), ("_wide", wide)):
                mine_nearly = [s for w in bins_over for s in bins[w] if mine[s] == 1 and nearly[s]]
                shared = [sum(other[s] == 1 for s in mine_nearly) for other in others]
                put(f"nearly_private_shared_with_closest_target{name}", t, b, max(shared, default=0), bins_over)
                if not name:
                    put("nearly_private_window", t, b, len(mine_nearly), over)
            for quarter in range(4):
                left, right = (start + b * bin_bp + edge * bin_bp // 4 for edge in (quarter, quarter + 1))
                inside = sum(left <= h.positions_bp[s] < right for s in mine_private)
                put(f"private_quarter_{quarter + 1}", t, b, 4 * inside, here)
            least = min(to_in, default=0.0)
            closest = [u for u, d in zip([u for u in members if u != t], to_in, strict=True) if d <= least + 1e-3]
            about = [neighbour(target, near_out, classes, nearly, bins, over, u, members) for u in closest]
            for place, name in enumerate(CLOSEST):
                put(f"closest_target_{name}", t, b, max((values[place] for values in about), default=0.0), over)
            for role, name in ((1, "outgroup_segregating"), (0, "target_segregating")):
                varied = sum(0 < count(rows[s][role])[0] < count(rows[s][role])[1] for s in bins[b])
                put(name, t, b, varied, here)
            closer = sum(d < min(to_out) - 1e-3 for d in to_in) / max(len(to_in), 1)
            if sum(callable_bp[w] for w in over) < max(0.1 * bin_bp * len(over), 1):
                closer = 0.0
            for name, value in (
                ("closer_targets", closer),
                ("callable_fraction", callable_bp[b] / bin_bp),
                ("outgroup_haplotypes", len(outgroup)),
                ("target_haplotypes", len(target)),
            ):
                result.setdefault(name, np.zeros((len(target), len(bins))))[t, b] = value
    return result
