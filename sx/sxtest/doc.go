// Package sxtest is the test harness of the SX packages: programs that must not load in chunked files,
// golden files compared byte for byte, streams cut at every place, and cases recorded elsewhere. It is imported by tests only.
package sxtest
