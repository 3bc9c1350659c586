// Command bench compares the evaluator of package sx with native Go, starlark-go, gopher-lua, tengo and goja.
//
//	go run . [-rounds 20]
//
// Every engine compiles its program once. Each round runs every engine on every workload in turn, so that a noisy
// machine disturbs all alike; the table gives the smallest time of each and its ratio to native Go. Compare ratios
// of one run, never times of two. bench_test.go has the same as ordinary benchmarks, with allocations.
package main
