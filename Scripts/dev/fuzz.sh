#!/bin/bash
# Attacks readers of strangers' files with libFuzzer and AddressSanitizer.
#
#   Scripts/dev/fuzz.sh [seconds [reader...]]
#
# Builds into .build-fuzz (minutes, the first time), then runs each reader (Tests/Fuzzers; all of
# them if none is named) for so many seconds, 600 by default. What is found lies in
# .build-fuzz/NAME as crash-…, slow-… or oom-…; the same program reads it again when it is given as
# an argument. The corpus stays there for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-600}
shift || true
readers=("$@")
[[ ${#readers[@]} -gt 0 ]] ||
  readers=(json safetensors gguf split config vocabulary tokenizer tokenizer-config jinja vector
    dataset)

CASTHOST_FUZZ_RUNNER=1 swift build --scratch-path .build-fuzz -c release --product FuzzRunner \
  -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library \
  -Xcc -fsanitize=fuzzer-no-link,address
program=$PWD/.build-fuzz/release/FuzzRunner

# Temporary files that reach no disk are faster.
[[ ! -d /dev/shm ]] || export TMPDIR=/dev/shm
export ASAN_OPTIONS=detect_leaks=0
found=0
for reader in "${readers[@]}"; do
  folder=$PWD/.build-fuzz/$reader
  mkdir -p "$folder/seeds" "$folder/corpus"
  export CASTHOST_FUZZ=$reader CASTHOST_FUZZ_FOLDER=$folder
  "$program" -runs=0 "$folder/seeds" > "$folder/log" 2>&1
  unset CASTHOST_FUZZ_FOLDER
  "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512 \
    -max_len=20000 -dict="$folder/words" -artifact_prefix="$folder/" \
    "$folder/corpus" "$folder/seeds" >> "$folder/log" 2>&1 || found=1
  echo "$reader: $(grep -E '^(#[0-9]+.*DONE|Done|SUMMARY|==[0-9]+== ERROR)' "$folder/log" | tail -1)"
done
exit $found
