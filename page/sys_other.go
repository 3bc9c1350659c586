//go:build !linux

package page

import (
	"errors"
	"runtime"
)

var errSystem = errors.New("the sys-* primitives read /proc, which " + runtime.GOOS + " does not have (register your own primitive for it)")

func readCPU() (counters, error)       { return counters{}, errSystem }
func readMemory() (float64, error)     { return 0, errSystem }
func readDisk(string) (float64, error) { return 0, errSystem }
func readLoad() ([3]float64, error)    { return [3]float64{}, errSystem }
func readNetwork() (counters, error)   { return counters{}, errSystem }
func readProcesses() (int, error)      { return 0, errSystem }
func readUptime() (float64, error)     { return 0, errSystem }
func readKernel() string               { return "" }
