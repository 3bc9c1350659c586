package page

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// The files are described in proc(5).

func readCPU() (counters, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return counters{}, err
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	fields := strings.Fields(string(line))
	if len(fields) < 5 || fields[0] != "cpu" {
		return counters{}, fmt.Errorf("/proc/stat: unexpected first line %q", line)
	}
	var all, idle float64
	for i, f := range fields[1:min(len(fields), 9)] { // guest time is counted in user time already
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return counters{}, fmt.Errorf("/proc/stat: %w", err)
		}
		all += n
		if i == 3 || i == 4 { // idle, iowait
			idle += n
		}
	}
	return counters{all - idle, all}, nil
}

func readMemory() (float64, error) {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	total, available := -1.0, -1.0
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		var target *float64
		switch name {
		case "MemTotal":
			target = &total
		case "MemAvailable":
			target = &available
		default:
			continue
		}
		if _, err := fmt.Sscanf(rest, "%f", target); err != nil {
			return 0, fmt.Errorf("/proc/meminfo: %s: %w", name, err)
		}
	}
	if total <= 0 || available < 0 {
		return 0, fmt.Errorf("/proc/meminfo: no MemTotal or MemAvailable")
	}
	return 100 * (total - available) / total, nil
}

func readDisk(path string) (float64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, fmt.Errorf("sys-disk: %s: %w", path, err)
	}
	used := float64(s.Blocks - s.Bfree)
	if used+float64(s.Bavail) == 0 {
		return 0, nil
	}
	return 100 * used / (used + float64(s.Bavail)), nil // as df computes it
}

func readLoad() (l [3]float64, err error) {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return l, err
	}
	_, err = fmt.Sscan(string(data), &l[0], &l[1], &l[2])
	return l, err
}

func readNetwork() (counters, error) {
	data, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		return counters{}, err
	}
	var c counters
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		name, rest, ok := strings.Cut(lines.Text(), ":")
		fields := strings.Fields(rest)
		if !ok || strings.TrimSpace(name) == "lo" || len(fields) < 9 {
			continue
		}
		in, _ := strconv.ParseFloat(fields[0], 64)
		out, _ := strconv.ParseFloat(fields[8], 64)
		c[0] += in
		c[1] += out
	}
	return c, nil
}

func readProcesses() (int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	n := 0
	for _, name := range names {
		if name[0] >= '1' && name[0] <= '9' {
			n++
		}
	}
	return n, err
}

func readUptime() (f float64, err error) {
	data, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(string(data), &f)
	return f, err
}

func readKernel() string {
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
