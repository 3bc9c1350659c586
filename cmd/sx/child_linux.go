package main

import (
	"os/exec"
	"syscall"
)

// tie ends a child when this process ends, however that comes: it would keep the address that the next one wants.
func tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
