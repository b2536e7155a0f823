# SPDX-License-Identifier: Apache-2.0
"""What was promised beside what was measured: one row for each target."""


class Target:
    """limit: at least (more is better) or at most. value: the measured number, or None and the reason."""

    def __init__(self, title, limit, at_least, unit, value, reason=""):
        self.title, self.limit, self.at_least, self.unit = title, limit, at_least, unit
        self.value, self.reason = value, reason

    def met(self):
        if self.value is None:
            return "not measured"
        good = self.value >= self.limit if self.at_least else self.value <= self.limit
        return "yes" if good else "**no**"

    def row(self):
        measured = self.reason if self.value is None else number(self.value) + self.unit
        return [self.title, "%s %g%s" % ("≥" if self.at_least else "≤", self.limit, self.unit),
                measured, self.met()]


def number(value):
    return ("%.0f" if value >= 100 else "%.2f") % value


def find(cases, group, tool="signet"):
    for case in cases:
        if (case.group, case.tool) == (group, tool):
            return case
    return None


def ratio(cases, group, ours, theirs):
    """(how many times faster ours is, or None; why not)"""
    case, other = find(cases, group, ours), find(cases, group, theirs)
    for name, one in ((ours, case), (theirs, other)):
        if one is None:
            return None, "%s is not here" % name
        if one.problem:
            return None, "%s: %s" % (name, one.problem)
        if not one.walls:
            return None, "%s was not run" % name
    return other.wall() / case.wall(), ""


def fastest_peer(cases, group, peers, ours="signet"):
    """The smallest ratio over the peers that are here."""
    found = [(value, name) for name in peers for value, _ in [ratio(cases, group, ours, name)]
             if value is not None]
    return min(found) if found else (None, "")


def of_case(case, value):
    if case is None or case.problem or value is None:
        return None, case.problem if case and case.problem else "was not run"
    return value, ""


def kernel_ratio(speeds):
    for s in speeds:
        if s["digest"] == "sha256" and s["page_size"] == 4096 and s["used"]:
            return s["bytes_per_second"] / s["openssl_bytes_per_second"]
    return None


def against_floor(cases, title, group):
    case = find(cases, group)
    return Target(title, 1.3, False, "×", *of_case(case, case.over_floor() if case else None))


def milliseconds(cases, group, limit):
    case = find(cases, group)
    return Target(group, limit, False, " ms", *of_case(case, case.wall() * 1e3 if case and case.walls else None))


def own_memory(row):
    """Less the signature, which may be kept: 32 bytes for each page of 16 KiB, and 64 KiB for the rest."""
    what, _, size, anonymous, _, problem = row
    signature = size * 1e6 / 16384 * 32 / 1048576 + 0.0625
    return Target("memory of its own, %s %.0f MiB, less the signature (%.1f MiB)" % (
        what, size * 1e6 / 1048576, signature if what != "verify" else 0), 32, False, " MiB",
        None if problem else max(0, anonymous / 1024 - (signature if what != "verify" else 0)), problem or "")


def targets(cases, plan, speeds, one, two, cpus, memory_rows):
    """In the order in which they were promised. plan: cases.FULL or QUICK."""
    big, peers_group = "%g MB" % plan["large"], "sign ad hoc, thin, %g MB" % plan["peers"]
    app = "app of %d frameworks, %g MB" % plan["frameworks"]
    files = "app of %s files" % format(plan["files"], ",")
    rows = [Target("pages hashed on one core, beside OpenSSL one by one", 2.0, True, "×", kernel_ratio(speeds),
                   "no such row in signet bench"),
            Target("two threads beside one", 1.9, True, "×", two / one if cpus > 1 else None,
                   "this machine has one CPU"),
            against_floor(cases, "sign ad hoc, thin, %s: wall / floor" % big, "sign ad hoc, thin, " + big)]
    for title, group, ours, theirs, limit in (
            (peers_group, peers_group, "signet", "rcodesign", 5),
            (peers_group + " (a safe copy)", peers_group, "signet", "zsign", 1.5),
            (peers_group + ", `--in-place`", peers_group, "signet --in-place", "zsign", 3),
            ("sign ad hoc, " + app, "sign ad hoc, " + app, "signet", "rcodesign", 5)):
        rows.append(Target("%s: faster than %s" % (title, theirs), limit, True, "×",
                           *ratio(cases, group, ours, theirs)))
    for how, ours in (("", "signet"), (", `--in-place`", "signet --in-place")):
        value, name = fastest_peer(cases, "sign ad hoc, " + files, ("rcodesign", "zsign"), ours)
        rows.append(Target("sign ad hoc, %s%s: faster than the fastest peer%s" % (
            files, how, " (%s)" % name if name else ""), 3, True, "×", value, "no peer is here"))
    for what in ("verify a certificate's, thin, " + big, "verify a certificate's, universal, " + big,
                 "verify, " + app, "verify, " + files):
        rows.append(against_floor(cases, what + ": wall / floor", what))
    rows.append(milliseconds(cases, "signet --version", 5))
    rows.append(milliseconds(cases, "sign ad hoc, thin, 16 KB", 10))
    return rows + [own_memory(row) for row in memory_rows if row[1] == "signet"]
