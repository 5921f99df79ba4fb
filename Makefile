# Khach: everything a person or CI does with the checkout. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help demo build deb test test-power test-planted fuzz sanitize valgrind soak bench bench-peers format lint generate check-generated clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: ## the whole job end to end: server, 60,000 interactions, sync, offline answers
	@scripts/demo.sh

build: ## khachd and khach, for release
	@scripts/install.sh build
	swift build -c release --product khachd
	swift build -c release --product khach

deb: ## a Debian package of khachd and khach, in .build/deb
	@scripts/install.sh deb
	@scripts/deb.sh

test: ## every test: Swift, C under sanitizers, Python, the real binaries, stock peers in Go and Python
	@scripts/test.sh

test-power: ## 20 power cuts under load on ext4 and XFS, and the control that must lose something
	@scripts/test-power.sh

test-planted: ## switches on bugs that others have had, and demands that the simulation sees each
	@scripts/install.sh test
	swift build -c release --product khach-simulate
	.build/release/khach-simulate --planted

fuzz: ## searches each reader of foreign bytes for SECONDS (60), by libFuzzer; TARGETS for some
	@scripts/install.sh test
	@scripts/fuzz.sh $(or $(SECONDS),60) $(TARGETS)

sanitize: ## the Swift tests under AddressSanitizer, then under ThreadSanitizer
	@scripts/install.sh test
	@scripts/sanitize.sh address
	@scripts/sanitize.sh thread

valgrind: ## the tests of the C client under memcheck
	@scripts/install.sh fault
	@clients/c/valgrind.sh clients/c/build-valgrind

soak: ## a server and its clients at work for SECONDS (600): memory, descriptors and logs stay flat
	@scripts/install.sh test
	@scripts/soak.sh $(or $(SECONDS),600) $(SEED)

bench: ## the table of figures, each beside its comparator in the same run; PARTS for some
	@scripts/bench.sh full $(PARTS)

bench-peers: ## our listeners beside gRPC C++ and Go ttrpc of Debian, on the same echo
	@scripts/bench-peers.sh

format: ## formats the Swift sources in place
	swift format -i -r -p Package.swift Sources Tests Benchmarks clients/swift

lint: ## what format would change, as errors
	@scripts/lint.sh

generate: ## Swift and C from Proto
	@scripts/install.sh test
	Proto/generate.sh

check-generated: ## regenerates and demands an empty difference
	@scripts/install.sh test
	@scripts/check-generated.sh

clean: ## removes what was built
	rm -rf .build .build-asan .build-tsan .build-fuzz clients/c/build* Benchmarks/build
