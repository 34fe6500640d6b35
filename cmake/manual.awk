# SPDX-License-Identifier: MIT
#
# manual.awk - the pages of section 3 of the manual, but those in docs/man
#
#	awk -v out=FOLDER -v version=N -f manual.awk \
#		docs/man/*.3 include/kmalloc/*.h docs/api.md
#
# Writes to FOLDER, for each header, a page kmalloc-HEADER.3: the declarations
# of its functions and what docs/api.md says of it. For each function of a
# header it writes an alias FUNCTION.3, one line ".so man3/PAGE.3". PAGE is a
# page of docs/man that has the function in its NAME section, else that of the
# header. Run by the install; plain POSIX awk, since a build needs no more than
# cmake and a compiler.

# ---- text ------------------------------------------------------------------

function escape(text)
{
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	return text
}

# A line of Markdown without links and emphasis, both of which leave their
# words.
function plain(text,	link, words)
{
	while (match(text, /\[[^]]*\]\([^)]*\)/)) {
		link = substr(text, RSTART + 1, RLENGTH - 2)
		words = substr(link, 1, index(link, "](") - 1)
		text = substr(text, 1, RSTART - 1) words \
			substr(text, RSTART + RLENGTH)
	}
	while (match(text, /\*[A-Za-z_][^*]*\*/))
		text = substr(text, 1, RSTART - 1) \
			substr(text, RSTART + 1, RLENGTH - 2) \
			substr(text, RSTART + RLENGTH)
	return text
}

# The same as roff, with code in bold.
function roff(text,	parts, n, i, result)
{
	n = split(text, parts, "`")
	for (i = 1; i <= n; i++) {
		result = result escape(i % 2 ? plain(parts[i]) : parts[i])
		if (i < n)
			result = result (i % 2 ? "\\fB" : "\\fP")
	}
	return result ~ /^[.']/ ? "\\&" result : result
}

# ---- pages of docs/man: which functions they have in NAME ------------------

FILENAME ~ /\.3$/ {
	if (FNR == 1) {
		page = FILENAME
		sub(/.*\//, "", page)
		sub(/\.3$/, "", page)
		written[page] = page
		in_name = 0
	}
	if (/^\.SH/)
		in_name = $2 == "NAME"
	else if (in_name) {
		line = $0
		if (sub(/\\-.*/, "", line))
			in_name = 0
		n = split(line, words, /[, \t]+/)
		for (i = 1; i <= n; i++)
			if (words[i] ~ /^[A-Za-z_]/)
				written[words[i]] = page
	}
	next
}

# ---- headers: the declarations of functions and macros ---------------------

function declare(name, text)
{
	if (name ~ /^__(km|KM)_/ || (header, name) in known)
		return
	known[header, name] = 1
	declared[header, ++count[header]] = name
	gsub(/[ \t]+/, " ", text)
	sub(/^ /, "", text)
	sub(/ $/, "", text)
	gsub(/\* /, "*", text)
	prototype[header, name] = text ";"
}

# One line of a header, without comments, outside of all braces but extern "C".
function scan(line,	opened, closed, name)
{
	if (line ~ /^extern "C"/)
		return
	opened = gsub(/\{/, "{", line)
	closed = gsub(/\}/, "}", line)
	if (depth == 0)
		statement = statement " " line
	depth += opened - closed
	if (depth < 0)
		depth = 0
	if (statement !~ /[;{}]/)
		return
	sub(/[;{}].*/, "", statement)
	if (statement !~ /typedef|\(\*/ || statement ~ /\(.*\(\*/)
		if (match(statement, /[A-Za-z_0-9]+\(/)) {
			name = substr(statement, RSTART, RLENGTH - 1)
			sub(/(static )?inline /, "", statement)
			declare(name, statement)
		}
	statement = ""
}

FILENAME ~ /\.h$/ {
	if (FNR == 1) {
		header = FILENAME
		sub(/.*\//, "", header)
		sub(/\.h$/, "", header)
		headers[++nr_headers] = header
		depth = in_comment = in_macro = 0
		statement = ""
	}
	line = $0
	if (in_comment) {
		if (!sub(/.*\*\//, "", line))
			next
		in_comment = 0
	}
	gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", line)
	if (sub(/\/\*.*/, "", line))
		in_comment = 1
	if (in_macro || line ~ /^[ \t]*#/) {
		in_macro = line ~ /\\$/
		if (match(line, /^#define [A-Za-z_0-9]+\([^)]*\)/)) {
			macro = substr(line, 9, RLENGTH - 8)
			declare(substr(macro, 1, index(macro, "(") - 1), macro)
		}
		next
	}
	scan(line)
	next
}

# ---- docs/api.md -----------------------------------------------------------

/^#/ {
	nr_here = 0
	if ($0 ~ /^## </) {
		title = $0
		sub(/.*>: /, "", title)
		line = $0
		while (match(line, /<kmalloc\/[a-z]+\.h>/)) {
			here[++nr_here] = substr(line, RSTART + 9, RLENGTH - 12)
			line = substr(line, RSTART + RLENGTH)
		}
		for (i = 1; i <= nr_here; i++) {
			if (!(here[i] in about))
				about[here[i]] = title
			body[here[i]] = body[here[i]] ".SS \"" \
				toupper(substr(title, 1, 1)) \
				roff(substr(title, 2)) "\"\n"
		}
	}
	in_table = 0
	next
}

/^\|/ {
	if (!in_table++ || /^\|-/)
		next
	n = split($0, cells, / *\| */)
	text = roff(cells[3])
	for (i = 4; i < n; i++)
		if (cells[i] != "")
			text = text "; " roff(cells[i])
	for (i = 1; i <= nr_here; i++)
		body[here[i]] = body[here[i]] ".TP\n" roff(cells[2]) "\n" \
			(text == "" ? "\\&" : text) "\n"
	next
}

{
	for (i = 1; i <= nr_here; i++)
		body[here[i]] = body[here[i]] \
			(/^ *$/ ? ".PP\n" : roff($0) "\n")
	in_table = 0
}

# ---- the pages -------------------------------------------------------------

function write_page(header,	file, page, name, i)
{
	page = "kmalloc-" header
	file = out "/" page ".3"
	printf ".TH %s 3 \"\" \"libkmalloc %s\" \"libkmalloc manual\"\n",
		toupper(page), version > file
	print ".ad l\n.nh\n.SH NAME" > file
	for (i = 1; i <= count[header]; i++)
		print declared[header, i] (i < count[header] ? "," : "") > file
	print "\\- " roff(about[header]) > file
	print ".SH LIBRARY\nlibkmalloc (pkg\\-config kmalloc)" > file
	print ".SH SYNOPSIS\n.B #include <kmalloc/" header ".h>" > file
	for (i = 1; i <= count[header]; i++)
		print ".HP 4\n.B \"" \
			escape(prototype[header, declared[header, i]]) "\"" > file
	print ".SH DESCRIPTION" > file
	printf "%s", body[header] > file
	print ".SH SEE ALSO\n.BR kmalloc (3)" > file
	close(file)
	for (i = 1; i <= count[header]; i++) {
		name = declared[header, i]
		if (name in written && name == written[name])
			continue
		file = out "/" name ".3"
		print ".so man3/" (name in written ? written[name] : page) ".3" \
			> file
		close(file)
	}
}

END {
	for (i = 1; i <= nr_headers; i++)
		if (count[headers[i]])
			write_page(headers[i])
}
