# SPDX-License-Identifier: MIT
"""prose.py - the paragraphs and sentences of a Markdown page

What is judged is prose: no program, table, heading, comment or drawing. A piece
of code in backquotes is one word, a link is the words that it shows.
"""

import re

MAX_WORDS = 30
MAX_COLUMNS = 110  # wrapped at 100; a path in a link may get longer later

_OTHER = re.compile(r"^```.*?^```$|^(?:#|\||<!--).*?$|``?[^`]+``?",
                    re.M | re.S)
_ITEM = re.compile(r"^\s*(?:[-*]|\d+\.) +")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
# A dot ends a sentence, three of them do not: malloc-16 ... malloc-32768.
_END = re.compile(r"(?<!\.)[.!?][)\"*]*\s+")


def masked(text):
    """A text of the same length in which all is blank that is not prose."""
    def blank(match):
        return re.sub(r"\S", " ", match.group())

    text = _OTHER.sub(blank, text)
    return re.sub(r"(?<=\])\([^)]*\)", blank, text)


def links(text):
    """Yield (start, end, target) of each link of a text, in its order."""
    for match in _LINK.finditer(text):
        target = match.group()[match.group().rindex("](") + 2:-1]
        yield match.start(), match.end(), target


def prose_lines(lines):
    """Yield (number, line) of prose, and (number, "") where a paragraph
    ends."""
    fenced = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            yield number, ""
        elif fenced or re.match(r"\s*(?:#|\||<!--|!\[)", line):
            yield number, ""
        else:
            yield number, line


def paragraphs(lines):
    """Yield (number of its first line, text) of each paragraph and list
    item."""
    start, words = 0, []
    for number, line in [*prose_lines(lines), (0, "")]:
        if words and (not line.strip() or _ITEM.match(line)):
            yield start, " ".join(words)
            words = []
        if line.strip():
            start = start if words else number
            words.append(_ITEM.sub("", line).strip())


def sentences(text):
    """The sentences of a paragraph, code and links reduced to what counts."""
    text = re.sub(r"``?[^`]+``?", "`code`", text)
    text = _LINK.sub(r"\1", text)
    return [one for one in _END.split(text) if one.strip()]


def count_words(sentence):
    return len([word for word in sentence.split() if re.search(r"\w", word)])


def long_sentences(lines):
    """Yield (line where its paragraph begins, words, sentence) of each."""
    for number, text in paragraphs(lines):
        for sentence in sentences(text):
            words = count_words(sentence)
            if words > MAX_WORDS:
                yield number, words, sentence
