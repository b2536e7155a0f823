# SPDX-License-Identifier: Apache-2.0
"""Tables as text, and their places in docs/performance.md."""
import re

from targets import find, number, ratio

END = "<!-- end -->\n"
NAMES = ("targets", "commands", "peers", "sizes", "counts", "memory", "kernels", "small files")


def mark(name):
    return "<!-- measured: %s -->\n" % name


def put(text, sections):
    """The page with each section between its marks; a section without a place is an error."""
    for name, table in sections.items():
        before, found, rest = text.partition(mark(name))
        old, ended, after = rest.partition(END)
        if not found or not ended or "<!-- measured" in old:
            raise ValueError("the page has no %r with its %r" % (mark(name).strip(), END.strip()))
        text = before + mark(name) + "\n" + table.strip("\n") + "\n\n" + END + after
    unknown = set(re.findall(r"<!-- measured: (.*?) -->", text)) - set(sections)
    if unknown:
        raise ValueError("nobody makes the tables %s" % ", ".join(sorted(unknown)))
    return text


def table(head, rows):
    """The first column is text, the others are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)] + rows
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def fit(points):
    """(slope, fixed part) of y = slope x + fixed with the least squares of the relative errors, so that the
    smallest size says as much as the largest. None with fewer than two sizes."""
    points = [(x, y, 1 / (y * y)) for x, y in points if y > 0]
    if len({x for x, _, _ in points}) < 2:
        return None
    total = sum(w for _, _, w in points)
    mean_x = sum(x * w for x, _, w in points) / total
    mean_y = sum(y * w for _, y, w in points) / total
    slope = (sum(w * (x - mean_x) * (y - mean_y) for x, y, w in points) /
             sum(w * (x - mean_x) ** 2 for x, _, w in points))
    return slope, mean_y - slope * mean_x


def ms(seconds):
    return "" if seconds is None else "%.1f" % (seconds * 1e3)


def over(case):
    return "" if case.over_floor() is None else "%.2f" % case.over_floor()


def targets_table(rows):
    text = table(["Target", "asked", "measured", "met"], [t.row() for t in rows])
    counted = {answer: sum(t.met() == answer for t in rows) for answer in ("yes", "**no**", "not measured")}
    return text + "\n%d targets: %d met, %d not met, %d not measured.\n" % (
        len(rows), counted["yes"], counted["**no**"], counted["not measured"])


def commands_table(cases):
    """signet's commands that are not in the growth tables."""
    rows = []
    for case in cases:
        if case.tool != "signet":
            continue
        if case.problem:
            rows.append([case.group, "not measured: " + case.problem] + [""] * 4)
        else:
            rows.append([case.group, ms(case.wall()), ms(case.median()), ms(min(case.cpus)), ms(case.floor()),
                         over(case)])
    return table(["What", "wall ms", "median", "CPU ms", "floor ms", "wall / floor"], rows)


def peer_cell(cases, group, peer):
    case = find(cases, group, peer.name)
    if case is None:
        return ["absent" if not peer.program else "–", ""]
    if case.problem:
        return ["failed", ""]
    times, _ = ratio(cases, group, "signet", peer.name)
    return [ms(case.wall()) + (" †" if case.refused else ""), number(times) if times else ""]


def peers_table(cases, peers):
    """Everybody on a copy of the same input."""
    head = ["What", "signet", "signet --in-place"]
    for peer in peers:
        head += [peer.name, "/ signet"]
    rows, notes = [], []
    for group in dict.fromkeys(c.group for c in cases if c.check):
        own, in_place = find(cases, group), find(cases, group, "signet --in-place")
        row = [group, ms(own.wall()) or "failed", (ms(in_place.wall()) or "failed") if in_place else "absent"]
        for peer in peers:
            row += peer_cell(cases, group, peer)
        rows.append(row)
    for case in cases:
        if case.problem and case.check:
            notes.append("%s, %s: %s." % (case.tool, case.group, case.problem))
        if case.refused:
            notes.append("† `signet verify` refuses the output of %s (%s): %s." % (
                case.tool, case.group, case.refused))
    here = ["%s %s" % (p.name, p.version) if p.program else "%s: not installed where this was measured" % p.name
            for p in peers]
    return table(head, rows) + "\nShortest wall times in ms. Peers: %s. –: the peer does not take such input.\n" % (
        "; ".join(here)) + "".join("\n" + note + "\n" for note in notes)


def growth_table(cases, keys, sign, verify, unit, scale):
    """sign, verify: the groups' names with % for the key; scale: what one of unit is in the fit."""
    rows, points = [], {"sign": [], "verify": []}
    for key in keys:
        row = [format(key, ",") + " " + unit]
        for what, group in (("sign", sign % key), ("verify", verify % key)):
            case = find(cases, group)
            if case is None or not case.walls:
                row += ["failed", "", ""]
                continue
            row += [ms(case.wall()), ms(case.floor()), over(case)]
            points[what].append((key, case.wall() * 1e3))
        rows.append(row)
    text = table(["Input", "sign ms", "floor", "/ floor", "verify ms", "floor", "/ floor"], rows)
    for what, found in points.items():
        fitted = fit(found)
        if fitted:
            text += "\n%s: %.2f %s, and %.1f ms for the rest (fitted by relative error).\n" % (
                what.capitalize(), fitted[0] * scale[0], scale[1], fitted[1])
    return text


def memory_table(rows):
    return table(["What", "anonymous, peak MiB", "all of the process, peak MiB"], [
        ["%s, %s, %.0f MiB" % (tool, what, size * 1e6 / 1048576)] + (
            ["failed: " + problem, ""] if problem else ["%.1f" % (anonymous / 1024), "%.0f" % (peak / 1024)])
        for what, tool, size, anonymous, peak, problem in rows])


def kernels_table(speeds, one, two, every, cpus):
    rows = [["%s, %d KiB" % (s["digest"], s["page_size"] // 1024), s["kernel"] + (" (used)" if s["used"] else ""),
             "%.0f" % (s["bytes_per_second"] / 1e6), "%.0f" % (s["openssl_bytes_per_second"] / 1e6),
             "%.2f" % (s["bytes_per_second"] / s["openssl_bytes_per_second"])] for s in speeds]
    return table(["Digest, pages", "Kernel", "signet", "OpenSSL, once per page", "Ratio"], rows) + (
        "\nSHA-256, 4 KiB pages: %.0f MB/s on one thread, %.0f on two (%.2f times), %.0f on all %d CPUs.\n" % (
            one / 1e6, two / 1e6, two / one, every / 1e6, cpus))


def small_table(rows):
    """Of the kernel that is used here, which bench_many has first."""
    rows = [row for row in rows if row[0] == rows[0][0]]
    return table(["Kernel", "mean size", "in lanes", "one by one", "OpenSSL, one by one"], rows)
