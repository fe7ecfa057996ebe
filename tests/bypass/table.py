# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables `routes`, `answers` and `holds`, and what must happen by them."""
import collections
import hashlib
import itertools
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

# template: as it stands in `routes`; after: what is there before the launch, or None.
Row = collections.namedtuple("Row", "text rules template after")
# options: of the launch; None where somebody else puts the command under the layer.
Mechanism = collections.namedtuple("Mechanism", "name options resident")

BEST_EFFORT = ["--best-effort", "modes,mode-flags,mbind-flags,home-node,get-mempolicy,pages.migrate,"
               "pages.move,mount,files,cpuset"]
MECHANISMS = [
    Mechanism("seccomp", ["--mechanism", "seccomp"], False),
    Mechanism("notify", ["--mechanism", "notify"], False),
    Mechanism("lsm", ["--mechanism", "lsm"] + BEST_EFFORT, True),
    Mechanism("fmod_ret", ["--mechanism", "fmod_ret"] + BEST_EFFORT, True),
    Mechanism("resident", [], True),
    Mechanism("attached", None, True),
]

# What `holds` asks of a kernel; those of tests/vm/vm with their options, and this machine.
TRAITS = {
    "host": set(),
    "debian-6.12": {"bpf", "scope"},
    "debian-6.1": {"bpf"},
    "lab": {"bpf", "hook", "inject", "scope"},
    "lab-without-bpf": {"nobpf", "hook", "inject", "scope"},
}

# Another boot of a kernel that is there already: what holds without the resident is held alike.
RESIDENT_ONLY = {"lab-without-bpf"}

# Two shipped profiles and a word: what refuses binding, whatever moves pages, and home nodes.
MATRIX_PROFILE = "nobind+nomigrate"
MATRIX_DENY = ["home-node"]
# And a policy that refuses a node, for the rows that name nodes: it changes what the others come to.
MATRIX_NODES = "{version: 1, mempolicy: {nodes: {1: EPERM, others: allow}}}"


def read_lines(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                yield line


def choices(sets, names, thin):
    """Every choice of a word from each set; with @thin each word of each set, not each combination."""
    words = [sets[name] for name in names]
    if not thin or not words:
        return list(itertools.product(*words))
    longest = max(len(some) for some in words)
    # Steps of different lengths, so that not the same words meet each time.
    return list(dict.fromkeys(tuple(some[i * (k + 1) % len(some)] for k, some in enumerate(words))
                              for i in range(longest)))


def read_routes(thin=False):
    """The rows of `routes`, every <name> replaced by each word of its set."""
    sets, rows = {}, []
    for line in read_lines("routes"):
        words = line.split()
        if words[0] == "let":
            sets[words[1]] = words[2:]
            continue
        template, rules = re.split(r"\s{2,}", line, maxsplit=1)
        names = list(dict.fromkeys(re.findall(r"<([a-z]+)>", template)))
        some = choices(sets, names, thin)
        for choice in some[:1] if thin and "slow" in rules.split() else some:
            text, row_rules = template, rules
            for name, word in zip(names, choice):
                text = text.replace(f"<{name}>", word)
                row_rules = row_rules.replace(f"<{name}>", word)
            text, _, after = text.partition(" after ")
            rows.append(Row(re.sub(r"^native:", "", text), tuple(row_rules.split()), template,
                            after or None))
    keys = collections.Counter((row.text, row.after) for row in rows)
    twice = sorted(text for (text, _), count in keys.items() if count > 1)
    if twice and not thin:
        sys.exit(f"run: in routes twice: {', '.join(twice)}")
    return rows


def read_answers():
    """{profile: {rule: answer}}, profiles in the table's order."""
    lines = [line.split() for line in read_lines("answers")]
    profiles = lines[0][1:]
    table = {profile: {} for profile in profiles}
    for words in lines[1:]:
        if len(words) != len(profiles) + 1:
            sys.exit(f"run: answers: {words[0]}: {len(words) - 1} answers for {len(profiles)} profiles")
        for profile, answer in zip(profiles, words[1:]):
            table[profile][words[0]] = answer
    both = [table[name] for name in MATRIX_PROFILE.split("+")]
    table[MATRIX_PROFILE] = {rule: strictest([one[rule] for one in both]) for rule in both[0]}
    for rule in MATRIX_DENY:
        table[MATRIX_PROFILE][rule] = "EPERM"
    table[MATRIX_PROFILE]["nodes.refused"] = "EPERM"
    return table, profiles


def read_holds():
    """{rule: {mechanism: words}, ...}, {rule: why not}"""
    lines = list(read_lines("holds"))
    names = lines[0].split()[1:1 + len(MECHANISMS)]
    if names != [mechanism.name for mechanism in MECHANISMS]:
        sys.exit("run: holds: the mechanisms are others")
    holds, why = {}, {}
    for line in lines[1:]:
        words = line.split(maxsplit=1 + len(names))
        holds[words[0]] = dict(zip(names, words[1:]))
        why[words[0]] = words[-1]
    return holds, why


def fingerprint():
    """Of the three tables, without what is only said beside them."""
    digest = hashlib.sha256()
    for name in ("routes", "answers", "holds"):
        digest.update("\n".join(read_lines(name)).encode())
    return digest.hexdigest()[:16]


def strictest(answers):
    weak = ["-", "ignore", "either"]
    return max(answers, key=lambda answer: weak.index(answer) if answer in weak else len(weak))


class Expectation:
    """What must happen with a row: in words, the outcomes that are that, and whether it is let through
    although the profile refuses it (then why)."""

    def __init__(self, row, answers, holds, mechanism, traits):
        table, reasons = holds
        self.open = None
        self.either = False
        given = []
        for rule in row.rules:
            if rule in ("never", "any", "last", "slow", "cgroup"):
                continue
            answer, key = answers[rule] if rule != "free" else "-", rule
            if key not in table:
                key = rule.split(".")[0]
            if answer not in ("-", "ignore", "either") and key in table:
                word = table[key][mechanism]
                word, _, other = word.partition("/")
                if other and word not in traits:
                    word = other
                held = word == "yes" or word != "no" and all(part in traits for part in word.split("+"))
                if "cgroup" in row.rules and mechanism == "attached":
                    held, word = False, "no"
                    reasons = dict(reasons, **{key: "a cgroup's layer does not go where a task goes"})
                if word == "maybe":
                    answer, self.either = "either", True
                if not held and word != "maybe":
                    answer = "-"
                if not held and reasons[key] != "-":
                    self.open = reasons[key]
            given.append(answer)
        answer = strictest(given) if given else None
        if answer not in ("-", "either"):
            self.open = None
        self.words, self.right = self.outcomes(row, answer)

    def outcomes(self, row, answer):
        errors = {"refused " + error for error in ("EPERM", "ENOSYS") if row.text.startswith("x32")}
        if "never" in row.rules or answer not in ("-", "either", "ignore") and "any" in row.rules:
            return "refused", None
        if answer == "-":
            return ("allowed or refused ENOSYS", {"allowed", "refused ENOSYS"}) if errors else \
                ("allowed", {"allowed"})
        if answer == "either" and "any" in row.rules:
            return "allowed or refused", any
        if answer == "either":
            return "allowed or refused", errors | {"allowed", "refused EPERM"}
        if errors:
            return "refused", None
        if answer == "ignore":
            return "ignored", {"ignored"}
        return f"refused {answer}", {f"refused {answer}"}

    def fits(self, outcome):
        if self.right is None:
            return outcome.startswith("refused ")
        if self.right is any:
            return outcome in ("allowed", "ignored") or outcome.startswith("refused ")
        return outcome in self.right
