package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/store"
	"github.com/landwaiter/landwaiter/task"
	"github.com/landwaiter/landwaiter/tcss"
)

type serveCmd struct {
	Listen          string        `default:"127.0.0.1:8320" env:"LANDWAITER_LISTEN" placeholder:"ADDR" help:"Address to listen on (default: ${default})."`
	TLSCert         string        `name:"tls-cert" type:"existingfile" placeholder:"FILE" help:"Certificate chain in PEM form; needs --tls-key."`
	TLSKey          string        `name:"tls-key" type:"existingfile" placeholder:"FILE" help:"Private key of --tls-cert."`
	TLSSelfSigned   bool          `name:"tls-self-signed" help:"Create a certificate in the data directory; give clients its tls.crt."`
	SyncEvery       time.Duration `default:"1h" help:"How often to sync the sources; 0: only new sources."`
	Rate            int           `default:"20" help:"Requests per second that one key may send to one action."`
	SignedHost      []string      `placeholder:"HOST" help:"Host names that clients sign, if a proxy rewrites Host."`
	TemporaryKeys   bool          `help:"Accept temporary keys and their tokens ('landwaiter key create --temporary')."`
	UnsignedPayload bool          `help:"Accept requests whose body is not signed. Use it only with TLS."`
	workersFlag
	readFlags
}

// Help shows examples.
func (serveCmd) Help() string {
	return `With an empty store, the server creates a first admin key and prints it once.

Examples:
  landwaiter serve
  landwaiter serve --listen 0.0.0.0:8443 --tls-cert chain.pem --tls-key key.pem
  landwaiter serve --database postgres://landwaiter@db/landwaiter`
}

// Run serves until interrupted.
func (c *serveCmd) Run(e *environ) error {
	srv, err := newServer(e, c)
	if err != nil {
		return err
	}
	defer srv.close()
	if err := srv.firstKey(e.ctx, e.stdout); err != nil {
		return err
	}
	return srv.run(e.ctx)
}

// server is a running service: API, tasks, sources.
type server struct {
	cmd       *serveCmd
	log       *slog.Logger
	store     *store.DB
	runner    *task.Runner
	inventory *asset.Inventory
	listener  net.Listener
	http      *http.Server
	unlock    func()
	cert, key string // files; "" without TLS
}

// newServer opens the store and the port; nothing runs yet.
func newServer(e *environ, c *serveCmd) (s *server, err error) {
	s = &server{cmd: c, log: e.log(), unlock: func() {}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.store, err = e.store(); err != nil {
		return s, err
	}
	if !s.store.Postgres() {
		if s.unlock, err = lockDir(e.Data); err != nil {
			return s, err
		}
	}
	scanner, spool, err := c.scanner(e, s.store)
	if err != nil {
		return s, err
	}
	s.inventory = &asset.Inventory{Store: asset.StoreOf(s.store), Spool: spool, Log: s.log}
	s.runner, err = task.New(e.ctx, task.Config{
		Store: s.store, Scanner: scanner, Opener: s.inventory, Workers: c.count(), Log: s.log,
	})
	if err != nil {
		return s, err
	}
	if s.cert, s.key, err = c.certificate(e.Data); err != nil {
		return s, err
	}
	s.http = s.handler()
	if s.listener, err = net.Listen("tcp", c.Listen); err != nil {
		return s, landwaiter.Errorf(landwaiter.Invalid, "--listen %s: %w", c.Listen, err)
	}
	return s, nil
}

func (c *serveCmd) certificate(dir string) (cert, key string, err error) {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return "", "", landwaiter.Errorf(landwaiter.Invalid, "--tls-cert and --tls-key must be given together")
	case c.TLSCert != "":
		return c.TLSCert, c.TLSKey, nil
	case c.TLSSelfSigned:
		return selfSigned(dir, c.Listen)
	}
	return "", "", nil
}

// handler serves the API at / and a health check at /healthz. The timeouts are
// those of the clients (60 s by default), with room for a slow upload.
func (s *server) handler() *http.Server {
	config := cloudapi.Config{
		API:             tcss.New(&tcss.Service{Store: s.store, Tasks: s.runner}),
		Keys:            s.findKey,
		UnsignedPayload: s.cmd.UnsignedPayload,
		Hosts:           s.cmd.SignedHost,
		Rate:            s.cmd.Rate,
		Logger:          s.log,
		Observe: func(ctx context.Context, r cloudapi.Record) {
			s.log.DebugContext(ctx, "request", "action", r.Action, "key", r.KeyID, "code", r.Code, "duration", r.Duration, "id",
				r.RequestID)
		},
	}
	if s.cmd.TemporaryKeys {
		config.Tokens = s.checkToken
	}
	api := cloudapi.NewServer(config)
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.store.Advisories().Parts(r.Context()); err != nil {
			http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, "ok\n")
	})
	return &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 90 * time.Second,
		IdleTimeout: 120 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// checkToken checks a session token against its key.
func (s *server) checkToken(ctx context.Context, id, token string) error {
	k, err := s.store.Keys().Get(ctx, id)
	if err == nil && !k.CheckToken(token) {
		err = landwaiter.Errorf(landwaiter.Denied, "the token does not belong to the key")
	}
	return err
}

// findKey looks up a key for the API. Temporary keys are found only if they are
// allowed.
func (s *server) findKey(ctx context.Context, id string) (cloudapi.Key, error) {
	k, err := s.store.Keys().Get(ctx, id)
	if err == nil && k.Temporary() && !s.cmd.TemporaryKeys {
		err = landwaiter.Errorf(landwaiter.NotFound, "temporary keys are not accepted")
	}
	return cloudapi.Key{ID: k.ID, Secret: k.Secret, Role: k.Role}, err
}

// firstKey creates and prints an admin key if the store has no keys.
func (s *server) firstKey(ctx context.Context, w io.Writer) error {
	keys, err := s.store.Keys().List(ctx)
	if err != nil || len(keys) > 0 {
		return err
	}
	k, err := s.store.Keys().Create(ctx, store.RoleAdmin)
	if err != nil {
		return err
	}
	printKey(w, k)
	return nil
}

// url is the URL of the server.
func (s *server) url() string {
	if s.cert != "" {
		return "https://" + s.listener.Addr().String()
	}
	return "http://" + s.listener.Addr().String()
}

// run serves until ctx ends, then lets requests finish and puts running scans
// back into the queue.
func (s *server) run(ctx context.Context) error {
	if err := s.runner.Start(ctx); err != nil {
		return err
	}
	background, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { s.inventory.Watch(background, s.cmd.SyncEvery) })
	failed := make(chan error, 1)
	go func() {
		if s.cert != "" {
			failed <- s.http.ServeTLS(s.listener, s.cert, s.key)
		} else {
			failed <- s.http.Serve(s.listener)
		}
	}()
	s.log.Info("serving", "url", s.url(), "workers", s.cmd.count(), "version", versionText())
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.log.Info("stopping")
	stop()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	err = errors.Join(ignoreClosed(err), s.http.Shutdown(grace), s.runner.Stop(grace))
	wg.Wait()
	return errors.Join(err, s.inventory.Close())
}

// shutdownGrace is how long a shutdown may take: less than the 10 seconds after
// which Docker kills a container, and the 30 of the systemd unit.
const shutdownGrace = 8 * time.Second

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (s *server) close() {
	if s.listener != nil {
		s.listener.Close()
	}
	if s.store != nil {
		s.store.Close()
	}
	s.unlock()
}

// lockDir makes sure that only one server uses a SQLite store. The lock ends
// with the process.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "serve.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return func() {}, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return func() {}, landwaiter.Errorf(landwaiter.Conflict,
			"another server uses %s: stop it, choose another --data, or share a PostgreSQL --database", dir)
	}
	return func() { f.Close() }, nil
}
