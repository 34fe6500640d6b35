#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""openmetrics.py - is a text OpenMetrics, by the rules of its specification?

    openmetrics.py FILE [EXPRESSION]

Prints the first fault of the text and exits 1, also if EXPRESSION is false. In
it metric("name", label="value") is the value of a sample, or None. First the
checker is tried on texts that have one fault each.
"""

import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
HEAD = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")
SAMPLE = re.compile(rf"({NAME})(?:{{({LABEL}(?:,{LABEL})*)}})? "
                    r"([0-9]+(?:\.[0-9]+)?)")
SUFFIX = {"gauge": "", "counter": "_total", "info": "_info"}


class Fault(Exception):
    """The text is no OpenMetrics."""


def check(right, what, line):
    if not right:
        raise Fault(f"{what}: {line}")


def read_head(match, seen, family, line):
    """A line of metadata. Returns the family that it is about."""
    word, name, value = match.groups()
    if name != family["name"]:
        check(name not in seen, "a family twice", line)
        check(not any(name == other + suffix or other == name + suffix
                      for other in seen for suffix in SUFFIX.values()),
              "a name that samples of another family have", line)
        seen.add(name)
        family = {"name": name, "samples": 0}
    check(not family["samples"], "metadata behind samples", line)
    check(word not in family, "metadata twice", line)
    if word == "TYPE":
        check(value in SUFFIX, "unknown type", line)
    if word == "UNIT":
        check(name.endswith("_" + value), "a name without its unit", line)
        check(family.get("TYPE") != "info", "an info with a unit", line)
    family[word] = value
    return family


def read_sample(match, samples, family, line):
    kind = family.get("TYPE")
    check(kind, "a sample without a type", line)
    check(("UNIT" in family) == family["name"].endswith("_bytes"),
          "bytes without their unit", line)
    check(match[1] == family["name"] + SUFFIX[kind], "a strange name", line)
    pairs = [found.groups() for found in re.finditer(LABEL, match[2] or "")]
    labels = frozenset(pairs)
    check(len({name for name, _ in pairs}) == len(pairs), "a label twice", line)
    check((match[1], labels) not in samples, "a sample twice", line)
    value = float(match[match.re.groups])
    check(kind != "info" or value == 1, "an info that is not 1", line)
    family["samples"] += 1
    samples[match[1], labels] = value


def read(text):
    """{(name, labels): value}"""
    samples, seen, family = {}, set(), {"name": None, "samples": 0}
    check(text.endswith("\n# EOF\n"), "no end", text[-20:])
    check(text.isascii() and text.replace("\n", "").isprintable(),
          "a byte that does not print", "")
    for line in text[:-len("# EOF\n")].splitlines():
        head, sample = HEAD.fullmatch(line), SAMPLE.fullmatch(line)
        check(head or sample, "neither metadata nor a sample", line)
        if head:
            family = read_head(head, seen, family, line)
        else:
            read_sample(sample, samples, family, line)
    return samples


GOOD = """# TYPE a_bytes counter
# UNIT a_bytes bytes
# HELP a_bytes Bytes.
a_bytes_total{x="1",y="\\"\\\\"} 5
a_bytes_total{x="2"} 7
# TYPE b gauge
b 1
# TYPE c info
c_info{d="e"} 1
# EOF
"""
# A part of it, and what makes a fault of it
WRONG = (("# EOF\n", ""), ("# EOF\n", "# EOF"), ("# EOF\n", "\n# EOF\n"),
         ('a_bytes_total{x="2"}', 'a_bytes{x="2"}'), ("b 1", "b -"),
         ("UNIT a_bytes bytes", "UNIT a_bytes seconds"),
         ("# UNIT a_bytes bytes\n", ""), ("b 1", "c 1"),
         ('x="2"', r'x="1",y="\"\\"'), ("b 1", "b 1\nb 1"),
         ("b 1", "b 1\n# TYPE a_bytes counter"), ("gauge", "number"),
         ("b 1", "b 1\n# HELP b B."), ('x="2"', 'x="2",x="3"'),
         ('x="2"', 'x="""'), ('x="2"', r'x="\z"'), ('e"} 1', 'e"} 2'),
         ("# TYPE b gauge\n", ""), ('x="2"', 'x="\x1b"'),
         ("TYPE b", "TYPE a_bytes_total"), ('x="2"', "x=2"), ("b 1", "b  1"),
         ("# HELP", "# TYPE a_bytes counter\n# HELP"))


def try_checker():
    read(GOOD)
    for old, new in WRONG:
        assert old in GOOD
        try:
            read(GOOD.replace(old, new, 1))
        except Fault:
            continue
        sys.exit(f"openmetrics.py: {new!r} for {old!r} was no fault")


def main():
    try_checker()
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    try:
        samples = read(text)
    except Fault as fault:
        sys.exit(f"openmetrics.py: {fault}")

    def metric(name, **labels):
        return samples.get((name, frozenset(labels.items())))

    known = {"metric": metric, "samples": samples, "text": text}
    for expression in sys.argv[2:]:
        if not eval(f"({expression})", known):
            sys.exit(f"openmetrics.py: not so: {expression}\n{text}")


if __name__ == "__main__":
    main()
