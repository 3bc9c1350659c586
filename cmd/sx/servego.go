package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// goServer builds a folder with a main.go, runs the program in development mode and restarts it on change. While
// a change does not compile the old program keeps running. The program listens on SX_ADDR (or PORT); its live
// pages resume by themselves when it comes back.
type goServer struct {
	dir    string
	addr   string // where to listen when the environment does not say
	reload bool
	stdout io.Writer
	stderr io.Writer
	opened func(url string) // called once, when the address accepts connections
}

// isGoApp reports whether a folder is a Go program.
func isGoApp(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "main.go"))
	return err == nil
}

// run serves until ctx ends. Without reload it ends with the program.
func (g *goServer) run(ctx context.Context) error {
	tool, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("%s has a main.go, and Go is not installed", g.dir)
	}
	at, err := g.choose()
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "sx-serve-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	changes, stop, err := g.watch(ctx)
	if err != nil {
		return err
	}
	defer stop()

	var current *process
	defer func() { current.stop() }()
	announced := false
	for n := 0; ; n++ {
		exe := filepath.Join(tmp, fmt.Sprintf("app%d", n))
		began := time.Now()
		switch out, err := g.build(ctx, tool, exe); {
		case ctx.Err() != nil:
			return nil
		case err != nil && current == nil && !g.reload:
			return errors.New(strings.TrimSpace(out))
		case err != nil:
			fmt.Fprintf(g.stderr, "%s\nwaiting for a change\n", strings.TrimSpace(out))
		default:
			current.stop()
			if current, err = g.start(exe); err != nil {
				return err
			}
			if err := awaitListener(ctx, at, current, 20*time.Millisecond); err != nil {
				if current = nil; !g.reload {
					return err
				}
				fmt.Fprintf(g.stderr, "%v\nwaiting for a change\n", err)
				break
			}
			if !announced {
				announced = true
				g.opened(page.URL(at))
			} else {
				fmt.Fprintf(g.stderr, "restarted in %s\n", time.Since(began).Round(time.Millisecond))
			}
		}
		select {
		case <-changes:
			continue
		case <-current.ended():
			if !g.reload {
				return current.err
			}
			fmt.Fprintf(g.stderr, "the program ended (%v); waiting for a change\n", current.err)
			current = nil
		case <-ctx.Done():
			return nil
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return nil
		}
	}
}

// choose finds the address at which the program will listen, and makes sure that nobody listens there yet: someone else's
// program would be taken for ours.
func (g *goServer) choose() (net.Addr, error) {
	addr := g.addr
	if os.Getenv("SX_ADDR")+os.Getenv("PORT") != "" {
		addr = ""
	}
	ln, err := page.Listen(addr)
	if err != nil {
		return nil, serving(err, "--addr")
	}
	g.addr = ln.Addr().String()
	return ln.Addr(), ln.Close()
}

// watch returns a channel that tells of changes which need a new build, at most one that is still to be taken. stop ends
// the watching. Without reload the channel stays silent.
func (g *goServer) watch(ctx context.Context) (changes <-chan []string, stop func(), err error) {
	if !g.reload {
		return nil, func() {}, nil
	}
	w, err := newWatcher(g.dir)
	if err != nil {
		return nil, nil, err
	}
	found := make(chan []string, 1)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() { // ends with ctx
		ended <- w.run(ctx, func(paths []string) {
			if !slices.ContainsFunc(paths, partOfGoApp) {
				return
			}
			select {
			case found <- paths:
			default: // one is waiting already, and the build sees all files
			}
		})
	}()
	return found, func() { cancel(); <-ended }, nil
}

// partOfGoApp tells which changes need a new build: what is compiled, and what may be embedded, which is nearly
// everything.
func partOfGoApp(path string) bool {
	return !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, ".log") && !strings.HasPrefix(filepath.Base(path), "README")
}

func (g *goServer) build(ctx context.Context, tool, exe string) (string, error) {
	overlay, done, err := assetOverlay(g.dir, false)
	if err != nil {
		return sx.Explain(err), err
	}
	defer done()
	args := append([]string{"build", "-o", exe}, overlay...)
	cmd := exec.CommandContext(ctx, tool, append(args, ".")...)
	cmd.Dir = g.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (g *goServer) start(exe string) (*process, error) {
	cmd := exec.Command(exe)
	cmd.Dir, cmd.Stdout, cmd.Stderr = g.dir, g.stdout, g.stderr
	_, port, err := net.SplitHostPort(g.addr)
	if err != nil {
		return nil, err
	}
	cmd.Env = append(os.Environ(), "SX_DEV=1", "SX_ADDR="+g.addr, "PORT="+port)
	if os.Getenv("SX_GRACE") == "" {
		cmd.Env = append(cmd.Env, "SX_GRACE=1s") // the address is wanted back soon
	}
	tie(cmd)
	return startProcess(cmd)
}

// startProcess starts a program, to be stopped.
func startProcess(cmd *exec.Cmd) (*process, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() { // ends with the process
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// awaitListener waits until somebody accepts connections, the program ends, or ctx does, which is no error. It looks again
// after each step.
func awaitListener(ctx context.Context, addr net.Addr, p *process, step time.Duration) error {
	tick := time.NewTicker(step)
	defer tick.Stop()
	for {
		conn, err := net.DialTimeout("tcp", addr.String(), time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("the program ended before it listened on %s (%v); it must listen on SX_ADDR", addr, p.err)
		case <-ctx.Done():
			return nil
		}
	}
}

// process is a running program; nil is none.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // valid once done is closed
}

func (p *process) ended() <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.done
}

// stop asks the program to end, kills it after five seconds, and waits for it.
func (p *process) stop() {
	if p == nil {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
	}
}
