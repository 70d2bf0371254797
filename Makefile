# tuned-vm: the short commands. `make` alone lists them.
#
# setup finds out what is missing, installs it where it may, and says so where it may not. Every
# other target that compiles depends on it, so that a fresh clone needs nothing but git, make, Swift.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# Places where Swift is unpacked without its directory being in PATH.
export PATH := $(PATH):/opt/swift/usr/bin:/usr/libexec/swift/bin:$(HOME)/.local/share/swiftly/bin

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
BINARY := .build/release/tuned-vm
RELEASE_FLAGS := -c release --static-swift-stdlib
SWIFT_SOURCES := Package.swift Sources Tests
VERSION := $(shell sed -n 's/.*static let version = "\([0-9][^"]*\)".*/\1/p' Sources/tuned-vm/TunedVM.swift)

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | column -t -s: -l 2 2>/dev/null \
	  || sed -n 's/^## //p' $(MAKEFILE_LIST)

## setup: install the Debian packages that building and testing need, or name them
setup:
	@scripts/setup build test

setup-build:
	@scripts/setup build

## build: the self-contained release program, .build/release/tuned-vm
build: setup-build
	$(SWIFT) build $(RELEASE_FLAGS) --product tuned-vm
	@scripts/check-linkage $(BINARY)

## audit: build and audit this machine
audit: build
	@echo
	@$(BINARY) audit || { code=$$?; [ $$code -eq 1 ] || exit $$code; }

## test: lint, unit and command tests, fresh docs, two emulated hosts audited from inside
test: setup lint build
	@scripts/test-all

## check: what a change must pass before it is sent: format, build, tests, fresh docs
check: setup lint
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build
	scripts/docs --check

## lint: layout, walls and shell syntax
lint:
	$(SWIFT) format lint -r --strict $(SWIFT_SOURCES)
	@scripts/check-walls

## format: lay out all Swift files
format:
	$(SWIFT) format -i -r $(SWIFT_SOURCES)

## record: accept the present output as the expected one in snapshot tests
record:
	RECORD=1 $(SWIFT) test || true
	@git status --short Tests docs

## coverage: line coverage of TuneKit; fails under 90 %
coverage: setup
	@scripts/coverage TuneKit 90

## docs: generate rule reference, man pages and completions
docs: setup-build
	$(SWIFT) build --product tuned-vm
	scripts/docs

## corpus: hwloc's and libvirt's own test data through the program
corpus: setup build
	scripts/corpus
	scripts/corpus-laws

## lab: the emulated virtualization host, all scenarios
lab: setup build
	@scripts/setup lab
	Tests/Lab/run all

## lab-long: 1,000 kills, 200 power cuts and 5 nested ones, 100 placebo trials: some hours
lab-long: setup build
	@scripts/setup lab
	Tests/Lab/faults --long
	LAB_CUTS=100 Tests/Lab/run 60-power 60-power long-

## services: PostgreSQL, Prometheus with Alertmanager, Ansible: Debian's own, started by the tests
services: setup build
	@scripts/setup services
	$(SWIFT) test --filter 'PostgresTests|FleetStoreTests'
	Tests/Services/monitoring
	packaging/ansible/test

## bench: start-up and audit times against their floors
bench: setup build
	Benchmarks/run

## deb: the Debian package, checked by lintian
deb: build
	@scripts/setup deb
	packaging/deb/build $(VERSION)
	packaging/deb/test .build-deb/tuned-vm_*.deb

## install: program, man pages, completions and units below DESTDIR and PREFIX
install:
	@[ -x $(BINARY) ] || { echo "run 'make build' first" >&2; exit 1; }
	scripts/install "$(DESTDIR)" "$(PREFIX)"

## clean: remove what was built (not the caches of corpus and lab)
clean:
	rm -rf .build .build-coverage .build-deb

.PHONY: help setup setup-build build audit test check lint format record coverage docs corpus lab lab-long \
  services bench deb install clean
