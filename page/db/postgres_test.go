package db_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sx-framework/sxgo/page/db"
)

// postgresURL is the server's address, set before any test runs; postgresMissing says why there is none.
var postgresURL, postgresMissing string

// TestMain starts PostgreSQL in a temporary folder where its programs are installed, or uses the server
// that SX_TEST_POSTGRES names. SX_POSTGRES=required makes a missing one a failure.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	postgresURL = os.Getenv("SX_TEST_POSTGRES")
	if postgresURL == "" {
		url, stop, err := startPostgres()
		if err != nil {
			postgresMissing = err.Error()
			if os.Getenv("SX_POSTGRES") == "required" {
				fmt.Fprintln(os.Stderr, "PostgreSQL is required and could not be started:", err)
				return 1
			}
			fmt.Fprintln(os.Stderr, "skipping the PostgreSQL tests:", err)
		} else {
			defer stop()
			postgresURL = url
		}
	}
	server := goleak.IgnoreCurrent() // what watches the server's process
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(server); err != nil {
			fmt.Fprintln(os.Stderr, "leaked goroutines:", err)
			return 1
		}
	}
	return code
}

func startPostgres() (url string, stop func(), err error) {
	bin, err := postgresPrograms()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "sxpg")
	if err != nil {
		return "", nil, err
	}
	attr, err := postgresUser(dir)
	if err != nil {
		os.RemoveAll(dir)
		return "", nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "sx", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return "", nil, fmt.Errorf("initdb: %v: %s", err, bytes.TrimSpace(out))
	}
	port, err := freePort()
	if err != nil {
		os.RemoveAll(dir)
		return "", nil, err
	}
	var log bytes.Buffer
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-h", "127.0.0.1", "-p", strconv.Itoa(port),
		"-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=100")
	server.SysProcAttr, server.Dir, server.Stderr, server.Stdout = attr, dir, &log, &log
	if err := server.Start(); err != nil {
		os.RemoveAll(dir)
		return "", nil, err
	}
	exited := make(chan struct{})
	go func() { server.Wait(); close(exited) }() // ends with the server, for which stop waits
	stop = func() {
		server.Process.Signal(syscall.SIGINT) // fast shutdown
		<-exited
		os.RemoveAll(dir)
	}
	url = fmt.Sprintf("postgres://sx@127.0.0.1:%d/postgres?sslmode=disable", port)
	for deadline := time.Now().Add(20 * time.Second); ; {
		d, err := db.Open(context.Background(), url)
		if err == nil {
			d.Close()
			return url, stop, nil
		}
		select {
		case <-exited:
			os.RemoveAll(dir)
			return "", nil, fmt.Errorf("postgres ended: %s", bytes.TrimSpace(log.Bytes()))
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			stop()
			return "", nil, fmt.Errorf("postgres does not accept connections: %v: %s", err, bytes.TrimSpace(log.Bytes()))
		}
	}
}

func postgresPrograms() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // where Debian puts it
	if len(found) == 0 {
		return "", fmt.Errorf("initdb is not installed (package postgresql)")
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// postgresUser makes the server run as another user when the tests run as root, which PostgreSQL refuses.
func postgresUser(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
