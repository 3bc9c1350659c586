package nats

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
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
	Secret  string   // that the servers of a cluster share, and without which they refuse each other; empty: none
}

// Server is a NATS server inside the process.
type Server struct {
	s     *server.Server
	temp  string
	token string // of clients, where it listens although nobody asked for it
}

// Embed starts a NATS server and waits until it accepts connections. Close it after the brokers that use it.
func Embed(e Embedded) (*Server, error) {
	o := &server.Options{ServerName: e.Name, JetStream: true, StoreDir: e.Dir, NoSigs: true, NoLog: true, DontListen: e.Listen == ""}
	s := &Server{}
	var err error
	if o.DontListen && e.Cluster != "" {
		// A server that does not listen for clients never begins to route. So it listens, where nobody else can reach it and for
		// nobody who does not know the token.
		o.DontListen, o.Host, o.Port = false, "127.0.0.1", server.RANDOM_PORT
		s.token = rand.Text()
		o.Authorization = s.token
	}
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
		if e.Secret != "" {
			sum := sha256.Sum256([]byte("sx cluster " + e.Secret))
			o.Cluster.Username, o.Cluster.Password = "sx", base64.RawURLEncoding.EncodeToString(sum[:])
			for _, u := range o.Routes {
				u.User = url.UserPassword(o.Cluster.Username, o.Cluster.Password)
			}
		}
	}
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

// URL is where clients reach the server, if it listens; else empty.
func (s *Server) URL() string {
	if s.token != "" || s.s.Addr() == nil {
		return ""
	}
	return s.s.ClientURL()
}

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
		return "", 0, fmt.Errorf("nats: address %q: the port is not a number", addr)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}
