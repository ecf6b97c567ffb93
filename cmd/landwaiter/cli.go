package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/confine"
	"github.com/landwaiter/landwaiter/history"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
)

// commands is the command line.
type commands struct {
	globals

	Serve      serveCmd      `cmd:"" help:"Run the server: the API, scan tasks and source syncs."`
	Worker     workerCmd     `cmd:"" help:"Scan images of tasks, beside a server that uses PostgreSQL."`
	Scan       scanCmd       `cmd:"" help:"Scan images now, without a server."`
	Demo       demoCmd       `cmd:"" help:"Scan made-up images through the API; needs no network."`
	Source     sourceCmd     `cmd:"" help:"Manage the sources of images."`
	Image      imageCmd      `cmd:"" help:"Show images and their findings."`
	Ignore     ignoreCmd     `cmd:"" help:"Suppress findings, with a reason."`
	Task       taskCmd       `cmd:"" help:"Manage the scan tasks of a server."`
	DB         dbCmd         `cmd:"" name:"db" help:"Manage the advisory data."`
	Key        keyCmd        `cmd:"" help:"Manage the API keys."`
	Doctor     doctorCmd     `cmd:"" help:"Check whether this machine has what Landwaiter needs."`
	Completion completionCmd `cmd:"" help:"Print a completion script for bash, zsh or fish."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// globals are the flags that every command has.
type globals struct {
	Data     string `default:"${data}" env:"LANDWAITER_DATA" placeholder:"DIR" help:"Data directory (default: ${data})."`
	Database string `env:"LANDWAITER_DATABASE" placeholder:"URL" help:"postgres:// URL of the database, instead of SQLite in --data."`
	LogLevel string `default:"info" enum:"debug,info,warn,error" env:"LANDWAITER_LOG_LEVEL" help:"Lowest level to log: debug, info, warn or error."`
}

// defaultData is /var/lib/landwaiter for root and the user's data directory
// for others (XDG base directory specification).
func defaultData() string {
	if os.Geteuid() == 0 {
		return "/var/lib/landwaiter"
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "landwaiter")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "landwaiter")
	}
	return "landwaiter-data"
}

// environ is what a command needs to run.
type environ struct {
	globals
	ctx            context.Context
	stdout, stderr io.Writer
	parser         *kong.Kong
}

// store opens the store. What older versions left of images in it in clear is
// masked first.
func (e *environ) store() (*store.DB, error) {
	return e.open(store.Options{Dir: e.Data, URL: e.Database, Log: e.log()})
}

// reading opens the store for a command that writes nothing and needs no
// secrets. It works on a read-only store.
func (e *environ) reading() (*store.DB, error) {
	return e.open(store.Options{Dir: e.Data, URL: e.Database, Log: e.log(), Reading: true})
}

func (e *environ) open(opts store.Options) (*store.DB, error) {
	db, err := store.Open(e.ctx, opts)
	if err != nil {
		return nil, err
	}
	if err := db.Images().Mask(e.ctx, history.Version, history.Stored); err != nil {
		db.Close()
		return nil, fmt.Errorf("masking stored secrets: %w", err)
	}
	return db, nil
}

func (e *environ) log() *slog.Logger {
	var level slog.Level
	// The parser has checked the name.
	_ = level.UnmarshalText([]byte(e.LogLevel))
	return slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: level}))
}

// spool returns the directory for unlinked temporary files. It is in the data
// directory, since /tmp is often small or in memory.
func (e *environ) spool() (string, error) {
	dir := filepath.Join(e.Data, "spool")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", landwaiter.Errorf(landwaiter.Invalid, "spool directory: %w", err)
	}
	return dir, nil
}

// terminal reports whether w is a terminal, and its width.
func terminal(w io.Writer) (width int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 40 {
		width = 80
	}
	return width, true
}

// color reports whether to use colours: on a terminal, unless NO_COLOR
// (https://no-color.org) is set.
func color(w io.Writer) bool {
	_, ok := terminal(w)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// analyserFlags configure the analysers.
type analyserFlags struct {
	HashList []string `type:"existingfile" placeholder:"FILE" help:"File of known-bad SHA-256 or MD5 digests, one per line, or ClamAV .hdb or .hsb. Repeatable."`
}

// scanner returns a scanner of single images and its spool directory.
func (f analyserFlags) scanner(e *environ, s *store.DB) (scanner *scan.Scanner, spool string, err error) {
	if spool, err = e.spool(); err != nil {
		return nil, "", err
	}
	engine, err := analyze.New(analyze.Options{Spool: spool, HashLists: f.HashList})
	return &scan.Scanner{Store: scan.StoreOf(s), Suite: engine, Log: e.log()}, spool, err
}

// readFlags configure the analysers and how layers are read.
type readFlags struct {
	analyserFlags
	confineFlag
}

// confineFlag says whether layers are read in a confined process.
type confineFlag struct {
	Confine string `default:"prefer" enum:"require,prefer,off" env:"LANDWAITER_CONFINE" help:"${confine}"`
}

// confineHelp is the help of --confine.
const confineHelp = "Read layers in a confined process: require, prefer (as far as the system allows; " +
	"see 'landwaiter doctor') or off."

// scanner returns a scanner of single images and its spool directory. If
// confinement is required but not possible, it fails here, not at the first layer.
func (f readFlags) scanner(e *environ, s *store.DB) (scanner *scan.Scanner, spool string, err error) {
	if scanner, spool, err = f.analyserFlags.scanner(e, s); err != nil {
		return nil, "", err
	}
	scanner.Confine, err = f.reader(spool, f.HashList)
	if err == nil && scanner.Confine.Mode == confine.Require {
		_, err = scanner.Confine.Probe(e.ctx)
	}
	return scanner, spool, err
}

func (f confineFlag) reader(spool string, lists []string) (*confine.Reader, error) {
	return confine.NewReader(confine.Options{Mode: confine.Mode(f.Confine), Spool: spool, Files: lists})
}

// workersFlag sets how many images are scanned at once.
type workersFlag struct {
	Workers int `default:"0" help:"Images scanned at once (default: one per core, at least two)."`
}

func (f workersFlag) count() int {
	if f.Workers > 0 {
		return f.Workers
	}
	return max(2, runtime.GOMAXPROCS(0))
}
