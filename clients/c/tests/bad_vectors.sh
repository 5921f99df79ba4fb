#!/bin/sh
# A conversation that says what the replay does not know is refused, and one that is wrong says
# where: bad_vectors.sh TEST_VECTORS FOLDER
set -eu

program=${1:?usage: bad_vectors.sh TEST_VECTORS FOLDER}
good=${2:?usage: bad_vectors.sh TEST_VECTORS FOLDER}/A12-bookmark.json
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
bad=$folder/A12-bookmark.json
failures=0

# EXPRESSION of sed that spoils the conversation, MESSAGE that it is refused with.
refuses() {
    sed "$1" "$good" >"$bad"
    if cmp -s "$good" "$bad"; then
        echo "$1: a change of $good expected, none found" >&2
        failures=1
    fi
    found=$("$program" "$bad" 2>&1) && found="no failure"
    if [ "$found" != "A12-bookmark.json: $2" ]; then
        printf '%s\n  expected %s\n  found    %s\n' "$1" "A12-bookmark.json: $2" "$found" >&2
        failures=1
    fi
}

"$program" "$good" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
refuses 's/"says"/"say"/' '"says" expected, none found in '"$(
    sed 's/"says"/"say"/' "$good" | python3 -c 'import json, sys
print(json.dumps(json.load(sys.stdin), separators=(",", ":"), ensure_ascii=False))')"
refuses 's/"case"/"hint": "", "case"/' 'a known key expected, "hint" found'
refuses 's/"goal"/"speed": 1, "goal"/' 'a known key expected, "speed" found'
refuses 's/"cursor": "later"/"curser": "later"/' 'step 2: a known key expected, "curser" found'
refuses 's/"event": "done",/"event": "done", "then": 1,/' 'step 3: a known key expected, "then" found'
refuses 's/"event": {"page"/"event": {"leaf"/' 'step 2: a known event expected, "leaf" found'
refuses 's/"event": "done"/"event": "over"/' 'step 3: a known event expected, "over" found'
refuses 's/"event": "done"/"event": "start"/' \
    'step 3: "start" as the first event and no other expected, another found'
refuses 's/"event": {"page".*/"event": {"failed": "KHACH_E_SAD"},/' \
    'step 2: a khach_status expected, "KHACH_E_SAD" found'
refuses 's/"event": {"page".*/"event": {"records": {}},/' \
    'step 2: "records", which "records" answers, expected, {"pull":"old"} found'
refuses 's/{"apply": {}}/{"applaud": {}}/' 'step 2: expected {"applaud":{}}, found {"apply":{}}'
refuses 's/"expect": "stop"/"expect": "sum"/' 'step 3: expected "sum", found "stop"'
refuses 's/c1\.\.c3@9"\]}}$/c1..c3@8"]}}/' "expected $(
    sed 's/c1\.\.c3@9"\]}}$/c1..c3@8"]}}/' "$good" | python3 -c 'import json, sys
print(json.dumps(json.load(sys.stdin)["end"], separators=(",", ":")))'), found $(
    python3 -c 'import json, sys
print(json.dumps(json.load(open(sys.argv[1]))["end"], separators=(",", ":")))' "$good")"
refuses 's/c1\.\.c3@9/c1..3@9/' 'a row such as c1@5 expected, "c1..3@9" found'
refuses 's/"case": "A12"/"case": "A1"/' 'a file that begins with its case expected, "A1" found'
refuses '/"event"/d; /"expect"/d' 'steps expected, none found'
exit $failures
