# Recipes of apiconnect. `just` lists them.

export CARGO_TERM_PROGRESS_WHEN := "auto"
host := "cargo build -q -p apiconnect -p apiconnect-tests"

# List the recipes.
default:
    @just --list --unsorted

# Show the main job on a fresh folder: live price, orders through a dead ERP and a killed host, a connector swapped.
demo *arguments: build plugins
    @target/debug/demo {{arguments}}

# Run every test except those against real software.
test: build plugins languages strace
    cargo test -q -p apiconnect -p apiconnect-tests
    cargo test -q -p apiconnect-sdk -p sap-business-one -p tryton
    @if .ci/languages wasip2; then cargo test -q -p apiconnect-tests --test it -- --ignored wasip2; else [ $? = 3 ]; fi

# Run the tests against a real ERP (Tryton); the first time sets it up.
test-peers: build plugins
    @python3 tests/peers/tryton/setup.py >/dev/null
    cargo test -q -p apiconnect -p apiconnect-tests --test peers -- --ignored

# Kill the host under order load and count the orders: `just crash 10`.
crash kills="50": build plugins
    @target/debug/crash {{kills}}

# Let the ERP be away for ten minutes while 5,000 orders come in, and watch the backlog drain.
outage orders="5000": plugins
    @.ci/say "building the host for speed (some minutes the first time)"
    @cargo build -q --release -p apiconnect -p apiconnect-tests --bin apiconnect --bin b1sim --bin outage
    @target/release/outage {{orders}}

# Flip one bit or cut one file of a store and open it: nothing may be lost without a word. `just damage 60` is a quick look.
damage images="500" seed="1": build
    @target/debug/damage {{images}} {{seed}}

# Cut the power on paper, after any write of a real run, and open what is left: `just powercut 24`.
powercut images="200" seed="1": build strace
    @target/debug/powercut {{images}} {{seed}}

# Make the disk fail under a running host, at so many places of each call that writes (16: at all of them).
faults places="16": build strace
    @target/debug/faults {{places}}

# Freeze a store of this version below tests/frozen/store, once for each release: later versions must open it.
freeze version: build
    @tests/frozen/freeze {{version}}

# Replace a connector under 200 calls a second, with broken, slow and greedy files in between: `just swaps 200 60`.
swaps swaps="200" seconds="60": build plugins
    @target/debug/swaps {{swaps}} {{seconds}}

# Let a hostile connector do its worst beside ordinary calls: `just harm 1 spin` does one misdeed in one round.
harm rounds="3" only="": build plugins
    @target/debug/harm {{rounds}} {{only}}

# Ask 100,000 prices while 1,000 versions come, and see whether memory stays.
soak calls="100000" reloads="1000": build plugins
    @target/debug/soak {{calls}} {{reloads}}

# Put every connector through the conformance kit and print the table connector × operation; `--write` writes the sheets.
connectors *arguments: build plugins
    @target/debug/connectors {{arguments}}

# Measure against native programs doing the same work; writes target/bench/summary.json.
bench *arguments: plugins languages
    @.ci/say "building the host for speed (some minutes the first time)"
    cargo build -q --release -p apiconnect -p apiconnect-tests --bin apiconnect --bin bench
    @target/release/bench {{arguments}}

# Format, lint and licence checks.
check:
    cargo fmt --all --check
    cargo clippy -q --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc -q --no-deps -p apiconnect -p apiconnect-sdk
    .ci/deny

# Rewrite the checked-in copies of generated files: OpenAPI, CLI help, error bodies, metric names.
golden: build plugins
    UPDATE_EXPECT=1 cargo test -q -p apiconnect -p apiconnect-tests --test it golden

# Build the host and the programs of the tests.
build:
    @.ci/say "building the host (some minutes the first time)"
    @{{host}}

# Build the connectors into target/plugins/components.
plugins: build
    @.ci/plugins

# Build the connectors in JavaScript and Python for the tests; the first time fetches their tools (a minute).
languages:
    @.ci/languages

# strace records and disturbs system calls for `powercut`, `faults` and the tests of the store.
[private]
strace:
    @command -v strace >/dev/null || { .ci/say "installing strace"; sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo; $sudo apt-get install -y -qq strace >/dev/null; }
