# SPDX-License-Identifier: LGPL-2.1-or-later
"""The matrix: what came of every route, under each mechanism, on one kernel, and its place in a page."""
import collections
import os
import re

from table import HERE, fingerprint

PAGE = os.path.normpath(os.path.join(HERE, "..", "..", "docs", "security.md"))
BEGIN, END = "<!-- matrix: tests/bypass/run --write -->\n", "<!-- end of matrix -->\n"
SHORT = {"user": "u", "root": "r", "namespace": "n"}
TITLES = {
    "host": "the machine that builds",
    "debian-6.12": "Debian 12, 6.12",
    "debian-6.1": "Debian 12, 6.1",
    "lab": "lab, bpf in lsm=",
    "lab-without-bpf": "lab, bpf not in lsm=",
}


class Matrix:
    def __init__(self, kernel, mechanisms):
        self.kernel = kernel
        self.mechanisms = mechanisms
        # (template, mechanism, who) -> Counter of (word, reason)
        self.cells = collections.defaultdict(collections.Counter)
        self.templates = []
        self.either = set()  # (template, mechanism) that may go either way

    def add(self, row, mechanism, who, word, reason=None):
        if row.template not in self.templates:
            self.templates.append(row.template)
        self.cells[row.template, mechanism, who][word, reason] += 1

    def section(self):
        """Markdown: a table, and the notes that its cells name."""
        notes = {}
        lines = [f"### {TITLES[self.kernel]}", "",
                 "| route | " + " | ".join(self.mechanisms) + " |",
                 "|---" * (1 + len(self.mechanisms)) + "|"]
        for template in self.templates:
            words = [self.words(template, mechanism, notes) for mechanism in self.mechanisms]
            name = template.replace("|", "\\|")
            lines.append(f"| `{name}` | " + " | ".join(words) + " |")
        lines += [""] + [f"{number}. {note}" for note, number in notes.items()]
        return "\n".join(lines) + "\n"

    def words(self, template, mechanism, notes):
        each = {who: self.one(self.cells[template, mechanism, who], notes) for who in SHORT
                if (template, mechanism, who) in self.cells}
        if not each:
            return "-"
        if len(set(each.values())) == 1 and len(each) == len(SHORT):
            return next(iter(each.values()))
        grouped = collections.defaultdict(list)
        for who, text in each.items():
            grouped[text].append(SHORT[who])
        return "; ".join(f"{','.join(whos)}: {text}" for text, whos in grouped.items())

    @staticmethod
    def one(counter, notes):
        """A cell: refused 12, n/a 4 [2]"""
        sums, marks = collections.Counter(), collections.defaultdict(set)
        for (word, reason), count in counter.items():
            sums[word] += count
            if reason:
                marks[word].add(notes.setdefault(reason, len(notes) + 1))
        parts = []
        for word in ("refused", "open", "allowed", "n/a", "WRONG"):
            if not sums[word]:
                continue
            text = {"open": "let through"}.get(word, word)
            if len(sums) > 1:
                text += f" {sums[word]}"
            if marks[word]:
                text += f" [{','.join(str(mark) for mark in sorted(marks[word]))}]"
            parts.append(text)
        return ", ".join(parts)


def read_page():
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    before, begin, rest = text.partition(BEGIN)
    matrix, end, after = rest.partition(END)
    if not begin or not end:
        raise RuntimeError(f"{PAGE}: no place for the matrix")
    return before, matrix, after


def page_section(kernel):
    """The section of a kernel as it stands in the page, or None."""
    heading = f"### {TITLES[kernel]}\n"
    matrix = read_page()[1]
    if heading not in matrix:
        return None
    return heading + re.split(r"^### ", matrix.partition(heading)[2], flags=re.M)[0].rstrip("\n") + "\n"


def page_is_of_these_tables():
    return f"tables {fingerprint()}" in read_page()[1]


def write_page(sections):
    """@sections: those found now; the others stay."""
    before, _, after = read_page()
    for kernel in TITLES:
        if kernel not in sections:
            sections[kernel] = page_section(kernel) or ""
    body = "\n".join(sections[kernel] for kernel in TITLES if sections[kernel])
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}<!-- tables {fingerprint()} -->\n\n{body}\n{END}{after}")


def rows_of(section, who):
    """{(template, mechanism): {who: words}} of a section, without the numbers of its notes."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    names = [word.strip() for word in lines[0].strip("|").split(" | ")][1:]
    result = {}
    for line in lines[2:]:
        template, *words = [word.strip() for word in re.split(r"(?<!\\)\|", line.strip("|"))]
        for name, word in zip(names, words):
            word = re.sub(r" \[[\d,]+\]", "", word)
            # Where it says no names it is the same for all.
            each = {letter: text for names, text in re.findall(r"([urn](?:,[urn])*): ([^;]+)", word)
                    for letter in names.split(",")} or dict.fromkeys(SHORT.values(), word)
            result[template, name] = {one: each.get(SHORT[one]) for one in who}
    return result


def differences(matrix, section):
    """What @section says otherwise than the page of those who were tried, but for what may go either way.
    What is not applicable may differ from one machine that is not one of tests/vm to the next."""
    kernel = matrix.kernel
    old = page_section(kernel)
    if old is None:
        return [f"{kernel}: not in {PAGE}"]
    who = sorted({name for _, _, name in matrix.cells})
    mine, theirs = rows_of(section, who), rows_of(old, who)
    either = {(f"`{name}`".replace("|", "\\|"), mechanism) for name, mechanism in matrix.either}
    return [f"{key[0]}, {key[1]}: {mine.get(key)}, and the page says {theirs.get(key)}"
            for key in sorted(set(mine) | set(theirs))
            if mine.get(key) != theirs.get(key) and key not in either
            and (kernel != "host" or "n/a" not in str(mine.get(key)) + str(theirs.get(key)))]
