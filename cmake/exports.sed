# From a version script to the list of names that objcopy keeps global: what
# stands between "global:" and "local:", one name a line, but for the groups
# that are not for archives.
/\/\* not in the archives/,/^$/d
s|/\*[^*]*\*/||g
/^[[:space:]]*local:/d
/^[[:space:]]*\*;/d
s/^[[:space:]]*\([A-Za-z_][A-Za-z0-9_*]*\);.*$/\1/p
