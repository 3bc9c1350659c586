package nats

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Embedded configures a NATS server inside the process. The zero value is one that nobody else can reach and that keeps nothing
// over a restart.
type Embedded struct {
	Dir     string   // where JetStream keeps its files; empty: a temporary folder
	Listen  string   // "host:port" for clients; empty: none but those of this process
	Cluster string   // "host:port" for the other servers of a cluster; empty: none
	Routes  []string // "nats-route://host:port" of other servers
	Name    string   // of this server within the cluster; must differ from the others
}

// Server is a NATS server inside the process.
type Server struct {
	s    *server.Server
	temp string
}

// Embed starts a NATS server and waits until it accepts connections. Close it after the brokers that use it.
func Embed(e Embedded) (*Server, error) {
	o := &server.Options{ServerName: e.Name, JetStream: true, StoreDir: e.Dir, NoSigs: true, NoLog: true, DontListen: e.Listen == ""}
	var err error
	if e.Listen != "" {
		if o.Host, o.Port, err = hostPort(e.Listen); err != nil {
			return nil, err
		}
	}
	if e.Cluster != "" {
		o.Cluster.Name = "sx"
		if o.Cluster.Host, o.Cluster.Port, err = hostPort(e.Cluster); err != nil {
			return nil, err
		}
		if e.Name == "" {
			return nil, errors.New("nats: a server of a cluster needs a name")
		}
		for _, r := range e.Routes {
			o.Routes = append(o.Routes, server.RoutesFromStr(r)...)
		}
	}
	s := &Server{}
	if e.Dir == "" {
		if s.temp, err = os.MkdirTemp("", "sx-nats-*"); err != nil {
			return nil, fmt.Errorf("nats: %w", err)
		}
		o.StoreDir = s.temp
	}
	if s.s, err = server.NewServer(o); err != nil {
		s.remove()
		return nil, fmt.Errorf("nats: embedded server: %w", err)
	}
	s.s.Start()
	if !s.s.ReadyForConnections(10 * time.Second) {
		s.Close()
		return nil, errors.New("nats: embedded server does not start")
	}
	return s, nil
}

// URL is where clients reach the server, if it listens.
func (s *Server) URL() string { return s.s.ClientURL() }

// Close ends the server and waits for it.
func (s *Server) Close() error {
	s.s.Shutdown()
	s.s.WaitForShutdown()
	return s.remove()
}

func (s *Server) remove() error {
	if s.temp == "" {
		return nil
	}
	return os.RemoveAll(s.temp)
}

func hostPort(addr string) (string, int, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("nats: address %q: %w", addr, err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return "", 0, fmt.Errorf("nats: address %q: port is no number", addr)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}
