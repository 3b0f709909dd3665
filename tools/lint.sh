#!/bin/sh
# Every check that reads the code without running it. All run; the end names those that failed.
cd "$(dirname "$0")/.." || exit 1
bin=.venv/bin
failed=""

check() {
    name=$1
    shift
    printf '== %s\n' "$name"
    "$@" || failed="$failed $name"
}

check ruff $bin/ruff check .
check format $bin/ruff format --check .
check imports $bin/lint-imports
check templates $bin/djlint templates --lint
check migrations $bin/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
check types $bin/mypy portal compliance recognition clients/python/countenance_client

if [ -n "$failed" ]; then
    printf '\nFailed:%s\n' "$failed"
    exit 1
fi
printf '\nAll checks passed.\n'
