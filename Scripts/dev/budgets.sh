#!/bin/bash
# The budgets of the code: what `swift format` cannot see. Prints every breach; silent when all hold.
set -euo pipefail
cd "$(dirname "$0")/../.."

breaches=0
breach() {
  echo "budgets: $*" >&2
  breaches=$((breaches + 1))
}

# Prints file:line:text for each match of a pattern in Swift code, comments left out.
#   swift_code PATTERN FOLDER...
swift_code() {
  local pattern=$1
  shift
  grep -rnE --include='*.swift' "$pattern" "$@" | grep -vE '^[^:]+:[0-9]+:[[:space:]]*//' || true
}

# A breach for each match.
#   forbid MESSAGE PATTERN FOLDER...
forbid() {
  local message=$1 hit
  shift
  while IFS= read -r hit; do
    [[ -z $hit ]] || breach "$hit: $message"
  done < <(swift_code "$@")
}

# The declarations of the Lua API (*.d.lua) are one file by design: a reference, not code.
most_lines=500
while IFS= read -r file; do
  lines=$(wc -l < "$file")
  ((lines <= most_lines)) || breach "$file: has $lines lines (at most $most_lines). Split it."
done < <(find Sources Tests Scripts Package.swift Makefile -type f ! -name '*.d.lua' \
  \( -name '*.swift' -o -name '*.[ch]' -o -name '*.lua' -o -name '*.sh' -o -name '*.py' \
  -o -name Makefile \))

forbid "try! ends the process on an error; throw it" '\btry!' Sources Tests
forbid "as! ends the process on a mistake; test and throw" '\bas!' Sources Tests
forbid "fatalError ends the process on data; throw" '\bfatalError\(' Sources Tests
while IFS= read -r hit; do
  [[ -z $hit || $hit == Sources/casthost/Console.swift:* ]] ||
    breach "$hit: only Sources/casthost/Console.swift prints"
done < <(swift_code '(^|[^.[:alnum:]_])(print|debugPrint|dump|puts|fputs|NSLog)\(' Sources)

# Each promise that the compiler cannot check stands under a comment that says why it holds, and a
# room makes at most two of a kind.
most_promises=2
for promise in '@unchecked Sendable' 'nonisolated\(unsafe\)'; do
  while IFS=: read -r file line _; do
    [[ -n $file ]] || continue
    awk -v line="$line" '
      NR == line { exit !explained }
      /^[[:space:]]*\/\/ Safety:/ { explained = 1; next }
      /^[[:space:]]*(\/\/|@)/ { next }
      { explained = 0 }' "$file" ||
      breach "$file:$line: no comment '// Safety:' above says why this holds"
  done < <(swift_code "$promise" Sources)
  while read -r count room; do
    [[ -n $room ]] || continue
    ((count <= most_promises)) ||
      breach "Sources/$room: $count times ${promise//\\/} (at most $most_promises)"
  done < <(swift_code "$promise" Sources | cut -d/ -f2 | sort | uniq -c)
done

# Where packages come from is for the package managers' settings to say.
hosts='p[y]pi[.]org|pythonh[o]sted[.]org|n[p]mjs[.]|crates[.]i[o]|deb[.]debian[.]org'
while IFS= read -r file; do
  breach "$file: names the host of a package registry"
done < <(git ls-files -z | xargs -0 grep -lIE "$hosts" -- 2> /dev/null || true)

allowed='^(Package\.swift|Sources|Tests|Scripts|Vectors|Docs|README\.md|Makefile|LICENSE|\..*)$'
while IFS= read -r entry; do
  [[ $entry =~ $allowed ]] || breach "$entry: does not belong at the top level"
done < <(git ls-files | cut -d/ -f1 | sort -u)

((breaches == 0)) || { echo "budgets: $breaches broken" >&2; exit 1; }
