#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The benchmark's own logic: the fit, the targets, the tables, and where they are put."""
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases as plans  # noqa: E402
import measure  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
import targets  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPEEDS = [{"digest": "sha256", "page_size": 4096, "kernel": "k", "used": True, "bytes_per_second": 2e9,
           "openssl_bytes_per_second": 1e9}]
MEMORY = [("sign ad hoc", "signet", 1073.74, 8 * 1024, 20 * 1024, None),
          ("verify", "signet", 1073.74, 0, 0, "refused"), ("sign ad hoc", "zsign", 1073.74, 1, 1, None)]


def case(group, tool="signet", walls=(), floors=(), problem=None):
    made = measure.Case(group, tool, ["x"], check="copy")
    made.walls, made.floors, made.problem = list(walls), list(floors), problem
    made.cpus = list(walls)
    return made


def peer(name, program):
    made = peers.Peer(name, "-v", [], {"thin"})
    made.program, made.version = program, "1.0"
    return made


def targets_of(cases, cpus=2):
    return targets.targets(cases, plans.FULL, SPEEDS, 1e9, 1.95e9, cpus, MEMORY)


class Fit(unittest.TestCase):
    def test_a_line_gives_its_slope_and_fixed_part(self):
        slope, fixed = report.fit([(x, 0.5 * x + 12) for x in (1, 10, 100, 1000)])
        self.assertAlmostEqual(slope, 0.5)
        self.assertAlmostEqual(fixed, 12)

    def test_a_disturbed_large_size_does_not_move_the_fixed_part_far(self):
        _, fixed = report.fit([(1, 12.5), (10, 17), (100, 62), (1000, 700)])
        self.assertLess(abs(fixed - 12), 1.5)

    def test_fewer_than_two_sizes_have_no_slope(self):
        for points in ([], [(1, 5)], [(3, 5), (3, 6)], [(1, 0), (2, 5)]):
            self.assertIsNone(report.fit(points))


class Page(unittest.TestCase):
    PAGE = "a\n<!-- measured: one -->\nold\n<!-- end -->\nb\n<!-- measured: two -->\n<!-- end -->\nc\n"

    def test_only_what_is_between_the_marks_is_replaced(self):
        new = report.put(self.PAGE, {"one": "| 1 |\n", "two": "| 2 |\n"})
        self.assertEqual(new, "a\n<!-- measured: one -->\n\n| 1 |\n\n<!-- end -->\nb\n<!-- measured: two -->\n\n"
                              "| 2 |\n\n<!-- end -->\nc\n")
        self.assertEqual(report.put(new, {"one": "| 1 |\n", "two": "| 2 |\n"}), new)

    def test_a_table_without_a_place_is_an_error(self):
        with self.assertRaises(ValueError):
            report.put(self.PAGE, {"one": "", "two": "", "three": ""})

    def test_a_place_without_a_table_is_an_error(self):
        with self.assertRaises(ValueError):
            report.put(self.PAGE, {"one": ""})

    def test_a_mark_without_an_end_is_an_error(self):
        with self.assertRaises(ValueError):
            report.put("<!-- measured: one -->\n<!-- measured: two -->\n<!-- end -->\n", {"one": "", "two": ""})

    def test_the_page_of_this_tree_has_a_place_for_every_table(self):
        with open(os.path.join(ROOT, "docs", "performance.md"), encoding="utf-8") as f:
            text = report.put(f.read(), dict.fromkeys(report.NAMES, "| x |"))
        self.assertEqual(text.count("| x |"), len(report.NAMES))


class Targets(unittest.TestCase):
    def test_every_target_has_a_row_even_when_nothing_was_measured(self):
        rows = targets_of([], cpus=1)
        self.assertEqual(len(rows), 17)
        self.assertEqual(sum(t.met() == "not measured" for t in rows), 15)

    def test_at_the_limit_is_met_and_beyond_it_is_not(self):
        for limit, at_least, value, met in ((2, True, 2, "yes"), (2, True, 1.99, "**no**"),
                                            (1.3, False, 1.3, "yes"), (1.3, False, 1.31, "**no**")):
            self.assertEqual(targets.Target("t", limit, at_least, "×", value).met(), met)

    def test_a_ratio_is_of_the_shortest_runs(self):
        cases = [case("g", walls=[0.2, 0.1]), case("g", "zsign", walls=[0.5, 0.3])]
        self.assertAlmostEqual(targets.ratio(cases, "g", "signet", "zsign")[0], 3)

    def test_an_absent_peer_and_a_failed_one_are_told_apart(self):
        cases = [case("g", walls=[1]), case("g", "zsign", problem="exit status 1")]
        self.assertEqual(targets.ratio(cases, "g", "signet", "rcodesign"), (None, "rcodesign is not here"))
        self.assertEqual(targets.ratio(cases, "g", "signet", "zsign"), (None, "zsign: exit status 1"))

    def test_the_fastest_peer_is_the_one_to_beat(self):
        cases = [case("g", walls=[1]), case("g", "zsign", walls=[2]), case("g", "rcodesign", walls=[4])]
        self.assertEqual(targets.fastest_peer(cases, "g", ("rcodesign", "zsign")), (2, "zsign"))
        self.assertEqual(targets.fastest_peer(cases[:1], "g", ("rcodesign", "zsign"))[0], None)
        cases.append(case("g", "signet --in-place", walls=[0.5]))
        self.assertEqual(targets.fastest_peer(cases, "g", ("rcodesign", "zsign"), "signet --in-place"), (4, "zsign"))

    def test_the_signature_is_no_memory_of_the_program(self):
        sign, verify = (targets.own_memory(row) for row in MEMORY[:2])
        self.assertAlmostEqual(sign.value, 8 - 2.06, places=1)
        self.assertEqual((verify.value, verify.met()), (None, "not measured"))

    def test_wall_over_floor(self):
        row = targets.against_floor([case("g", walls=[0.13, 0.2], floors=[0.11, 0.1])], "t", "g")
        self.assertAlmostEqual(row.value, 1.3)


class Tables(unittest.TestCase):
    def test_an_absent_peer_is_said_to_be_absent(self):
        found = [peer("rcodesign", None), peer("zsign", "z")]
        text = report.peers_table([case("g", walls=[1]), case("g", "zsign", walls=[2])], found)
        self.assertIn("| g | 1000.0 | absent | absent |  | 2000.0 | 2.00 |", text)
        self.assertIn("rcodesign: not installed where this was measured; zsign 1.0", text)

    def test_a_peer_that_does_not_take_the_input_has_a_dash(self):
        text = report.peers_table([case("g", walls=[1])], [peer("zsign", "z")])
        self.assertIn("| g | 1000.0 | absent | – |  |", text)

    def test_a_failed_peer_and_a_refused_output_have_their_notes(self):
        refused = case("g", "zsign", walls=[2])
        refused.refused = "bad layout"
        cases = [case("g", walls=[1]), refused, case("g", "rcodesign", problem="exit status 101: panic")]
        text = report.peers_table(cases, [peer("rcodesign", "r"), peer("zsign", "z")])
        self.assertIn("| failed |  | 2000.0 † | 2.00 |", text)
        self.assertIn("rcodesign, g: exit status 101: panic.", text)
        self.assertIn("bad layout", text)

    def test_growth_gives_rows_and_both_slopes(self):
        cases = [case("s %d" % n, walls=[0.01 + n / 1e5], floors=[0.005]) for n in (10, 1000)]
        cases += [case("v %d" % n, walls=[0.02 + n / 1e4], floors=[0.01]) for n in (10, 1000)]
        text = report.growth_table(cases, [10, 1000], "s %d", "v %d", "files", (1000, "µs per file"))
        self.assertIn("| 1,000 files | 20.0 | 5.0 | 4.00 | 120.0 | 10.0 | 12.00 |", text)
        self.assertIn("Sign: 10.00 µs per file, and 10.0 ms", text)
        self.assertIn("Verify: 100.00 µs per file, and 20.0 ms", text)

    def test_the_targets_are_counted(self):
        text = report.targets_table(targets_of([]))
        self.assertIn("17 targets: 3 met, 0 not met, 14 not measured.", text)


class Peers(unittest.TestCase):
    def test_a_name_in_the_environment_that_is_no_program_is_an_error(self):
        os.environ["SIGNET_PEER_ZSIGN"] = os.path.join(ROOT, "no-such-program")
        try:
            with self.assertRaises(SystemExit):
                peers.look()
        finally:
            del os.environ["SIGNET_PEER_ZSIGN"]


if __name__ == "__main__":
    unittest.main()
