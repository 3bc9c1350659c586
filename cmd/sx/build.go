package main

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/cmd/sx/notices"
	"github.com/sx-framework/sxgo/page"
)

func buildCommand() *command {
	return &command{
		name:  "build",
		usage: "[DIR] [-o dist] [--static] [--max-size MB] [--max-start DURATION]",
		short: "makes one executable that serves the site, or static files",
		run:   runBuild,
	}
}

func runBuild(ctx context.Context, c *call) error {
	out := c.flags.String("o", "dist", "the `folder` to write to")
	static := c.flags.Bool("static", false, "write the pages that need no server as files")
	maxSize := c.flags.Float64("max-size", 0, "fail when the executable is larger than this many `MB`")
	maxStart := c.flags.Duration("max-start", 0, "fail when the site takes longer to start")
	if err := c.parse(1); err != nil {
		return err
	}
	dir, err := c.dir()
	if err != nil {
		return err
	}
	if *static {
		return c.buildStatic(ctx, dir, *out)
	}
	name, err := executableName(dir)
	if err != nil {
		return err
	}
	target := filepath.Join(*out, name)
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	began := time.Now()
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || isGoApp(dir) {
		err = buildGo(ctx, dir, target)
		if err != nil {
			return err
		}
		if err := writeLicenses(ctx, dir, target); err != nil {
			fmt.Fprintf(c.stderr, "note: the licenses of what it is linked from could not be collected: %v\n", err)
		}
	} else if err := c.buildSite(dir, target); err != nil {
		return err
	}
	return c.summarize(ctx, target, time.Since(began), *maxSize, *maxStart, isGoApp(dir))
}

// executableName names the executable after the application's folder.
func executableName(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	name := filepath.Base(abs)
	if name == "." || name == string(filepath.Separator) {
		name = "site"
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name, nil
}

// buildSite writes this program with the application behind it.
func (c *call) buildSite(dir, target string) error {
	if c.noteEmpty(dir) {
		return errReported
	}
	fsys := os.DirFS(dir)
	found, _, err := checkDir(fsys, filepath.Join(dir, "assets"), false)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		c.report(c.stderr, found)
	}
	if errs := found.Errors(); len(errs) > 0 {
		if !c.json {
			fmt.Fprintf(c.stderr, "nothing was built: %s\n", counts(errs))
		}
		return errReported
	}
	files, err := collectFiles(dir)
	if err != nil {
		return err
	}
	if files, err = withPrebuilt(files, dir); err != nil {
		return err
	}
	exe, err := bareExecutable()
	if err != nil {
		return err
	}
	if dynamic(exe) {
		fmt.Fprintln(c.stderr, "note: this sx needs the system's C library, and so will the site; an sx built with CGO_ENABLED=0 makes sites that run anywhere")
	}
	var b bytes.Buffer
	if err := writeExecutable(&b, bytes.NewReader(exe), files); err != nil {
		return err
	}
	return writeProgram(target, b.Bytes())
}

// dynamic reports whether an ELF executable asks for a loader, as one linked with the system's C library does.
func dynamic(exe []byte) bool {
	f, err := elf.NewFile(bytes.NewReader(exe))
	if err != nil {
		return false // another system's format
	}
	defer f.Close()
	return slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}

// writeProgram replaces an executable, also one that is running: its old file lives on until it ends.
func writeProgram(target string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(target), ".sx-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Chmod(0o755), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), target)
}

// buildGo builds an application that is a Go program; it brings its files along by embedding them.
func buildGo(ctx context.Context, dir, target string) error {
	tool, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("%s is a Go program, and Go is not installed", dir)
	}
	abs, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	overlay, done, err := assetOverlay(dir, true)
	if err != nil {
		return err
	}
	defer done()
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", abs}, overlay...)
	cmd := exec.CommandContext(ctx, tool, append(args, ".")...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.New(strings.TrimSpace(string(out)))
	}
	return nil
}

// writeLicenses writes the licenses of what a Go program is linked from beside it: it decides itself what its flags are.
func writeLicenses(ctx context.Context, dir, target string) error {
	text, err := notices.Collect(ctx, dir)
	if err != nil {
		return err
	}
	return os.WriteFile(strings.TrimSuffix(target, ".exe")+".licenses.txt", []byte(text), 0o644)
}

// summarize prints what was made, and holds it against the budgets.
func (c *call) summarize(ctx context.Context, target string, built time.Duration, maxSize float64, maxStart time.Duration, goApp bool) error {
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%s  %s  built in %s", target, size(info.Size()), took(built))
	var over []string
	if maxSize > 0 && float64(info.Size()) > maxSize*1e6 {
		over = append(over, fmt.Sprintf("size %s is over the budget of %g MB", size(info.Size()), maxSize))
	}
	// A Go program may do anything when it starts: it is started only when that is asked for.
	if !goApp || maxStart > 0 {
		measure := measureStart
		if goApp {
			measure = measureGoStart
		}
		start, err := measure(ctx, target)
		if err != nil {
			return fmt.Errorf("the built site does not start: %w", err)
		}
		line += "  starts in " + took(start)
		if maxStart > 0 && start > maxStart {
			over = append(over, fmt.Sprintf("start %s is over the budget of %s", took(start), maxStart))
		}
	}
	fmt.Fprintln(c.stdout, line)
	if len(over) > 0 {
		return errors.New(strings.Join(over, "; "))
	}
	return nil
}

// measured times run, which starts a program in an empty folder, without the data and the database of the environment; end
// ends what it started. Errors carry what the program said.
func measured(cmd *exec.Cmd, run func(cmd *exec.Cmd) error, end func()) (time.Duration, error) {
	tmp, err := os.MkdirTemp("", "sx-start-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(tmp)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = tmp, &stderr
	cmd.Env = append(append(os.Environ(), "SX_DATA="+tmp, "DATABASE_URL=", "NATS_URL=", "SX_SECRET=measuring", "SX_LOG_FORMAT=text", "SX_METRICS_ADDR="), cmd.Env...)
	began := time.Now()
	err = run(cmd)
	took := time.Since(began)
	end()
	if err != nil {
		return 0, errors.Join(errors.New(strings.TrimSpace(stderr.String())), err)
	}
	return took, nil
}

// measureStart starts the built site up to the point where it would listen.
func measureStart(ctx context.Context, target string) (time.Duration, error) {
	abs, err := filepath.Abs(target)
	if err != nil {
		return 0, err
	}
	return measured(exec.CommandContext(ctx, abs, "--start-only"), (*exec.Cmd).Run, func() {})
}

// goStartMost is how long a Go program may take until it accepts connections.
const goStartMost = 30 * time.Second

// measureGoStart is measureStart for a Go program: up to the first connection that it accepts on SX_ADDR.
func measureGoStart(ctx context.Context, target string) (time.Duration, error) {
	abs, err := filepath.Abs(target)
	if err != nil {
		return 0, err
	}
	ln, err := page.Listen("127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	addr := ln.Addr()
	if err := ln.Close(); err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(abs)
	cmd.Env = []string{"SX_ADDR=" + addr.String(), "PORT=" + port, "SX_GRACE=1s", "SX_DEV="}
	tie(cmd)
	var p *process
	run := func(cmd *exec.Cmd) (err error) {
		if p, err = startProcess(cmd); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, goStartMost)
		defer cancel()
		if err := awaitListener(ctx, addr, p, time.Millisecond); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("it accepts no connection on SX_ADDR=%s within %s", addr, goStartMost)
		}
		return nil
	}
	return measured(cmd, run, func() { p.stop() })
}
