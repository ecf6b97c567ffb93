package confine

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
)

// The test binary is its own child, with analysers that do what a blob says.
func TestMain(m *testing.M) {
	Child(func(s Setup) (Analyse, error) {
		switch string(s.Config) {
		case "engine":
			e, err := analyze.New(analyze.Options{SpoolFile: s.Spool})
			if err != nil {
				return nil, err
			}
			return func(ctx context.Context, blob io.Reader, job Job) (*landwaiter.LayerReport, error) {
				return e.Watched(ctx, blob, job.Want, analyze.Watch{Mark: job.Mark, Skipped: job.Skipped})
			}, nil
		case "refuse":
			return nil, landwaiter.Errorf(landwaiter.Invalid, "no such hash list")
		case "crash":
			panic("in the setup")
		case "files":
			b, err := io.ReadAll(s.Files[0])
			return func(context.Context, io.Reader, Job) (*landwaiter.LayerReport, error) {
				r := script{}.report([]string{"a"}, nil)
				r.Packages = []landwaiter.Package{{Name: string(b)}}
				return r, nil
			}, err
		}
		return script{s}.run, nil
	})
	if len(os.Args) == 2 && os.Args[1] == "probe-unconfined" {
		json.NewEncoder(os.Stdout).Encode(probeAll())
		os.Exit(0)
	}
	if len(os.Args) == 2 && os.Args[1] == "be-a-parent" {
		beParent()
	}
	os.Exit(m.Run())
}

// script analyses blobs of lines "path analyser action".
type script struct{ Setup }

func (s script) run(_ context.Context, blob io.Reader, job Job) (*landwaiter.LayerReport, error) {
	notes := map[string][]string{}
	r := s.report(job.Want, nil)
	hash := sha256.New()
	lines := bufio.NewScanner(io.TeeReader(blob, hash))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		path, rest, _ := strings.Cut(lines.Text(), " ")
		analyser, action, _ := strings.Cut(rest, " ")
		if analyser != "" && !slices.Contains(job.Want, analyser) {
			continue
		}
		if reason, skip := job.Skipped([]byte(path), analyser); skip {
			notes[analyser] = append(notes[analyser], path+": "+reason)
			continue
		}
		job.Mark([]byte(path), analyser, 1)
		found, err := s.act(action)
		if err != nil {
			return nil, err
		}
		job.Mark(nil, "", 0)
		if found == nil {
			found = []landwaiter.Package{{Name: path, Type: analyser}}
		}
		r.Packages = append(r.Packages, found...)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	pkgs := r.Packages
	r = s.report(job.Want, notes)
	r.Packages = pkgs
	r.Digest = "sha256:" + hex.EncodeToString(hash.Sum(nil))
	return r, nil
}

func (script) report(want []string, notes map[string][]string) *landwaiter.LayerReport {
	const digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	r := &landwaiter.LayerReport{DiffID: digest, Digest: digest}
	for _, name := range want {
		c := landwaiter.Coverage{Layer: digest, Analyser: name, State: landwaiter.Scanned}
		for _, n := range notes[name] {
			note(&c, n)
		}
		r.Coverage = append(r.Coverage, c)
	}
	return r
}

var sink [][]byte

// act does what hostile files make parsers do.
func (s script) act(action string) ([]landwaiter.Package, error) {
	switch action {
	case "panic":
		go func() { panic("in a goroutine, where nobody recovers") }()
		time.Sleep(time.Minute)
	case "stack":
		recurse(1)
	case "memory":
		for {
			sink = append(sink, bytes.Repeat([]byte{1}, 1<<20))
			time.Sleep(time.Millisecond)
		}
	case "gulp":
		sink = append(sink, bytes.Repeat([]byte{1}, 4<<30))
	case "goroutines":
		for {
			go func() { select {} }()
		}
	case "map":
		m := map[int]int{}
		for range 8 {
			go func() {
				for i := 0; ; i++ {
					m[i%100] = i
				}
			}()
		}
		time.Sleep(time.Minute)
	case "spin":
		for i := uint64(0); ; i++ {
			if i == 1<<63 {
				return nil, nil
			}
		}
	case "sleep":
		time.Sleep(time.Minute)
	case "exit":
		os.Exit(0)
	case "print":
		for {
			os.Stderr.Write(bytes.Repeat([]byte("x"), 4<<10))
		}
	case "garbage":
		fdWriter(controlFD).Write(bytes.Repeat([]byte("x"), 1<<10))
		time.Sleep(time.Minute)
	case "flood": // valid frames for ever
		for writeFrame(fdWriter(controlFD), kindPkgs, []byte("[]")) == nil {
		}
	case "gigabytes":
		fdWriter(controlFD).Write([]byte{1, 0, 0, 64, 4})
		for {
			fdWriter(controlFD).Write(make([]byte, 1<<20))
		}
	case "terminate":
		unix.Kill(os.Getpid(), unix.SIGTERM) // the filter refuses it
		time.Sleep(time.Minute)
	case "corrupt":
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "layer: broken")
	case "probe":
		return probeResults(), nil
	case "spool":
		return s.useSpool()
	}
	return nil, nil
}

// recurse never ends, until the stack does.
func recurse(n int) int {
	var pad [64]int
	if n >= 0 {
		pad[n%64] = recurse(n+1) + 1
	}
	return pad[(n+1)%64] + pad[n%64]
}

func (s script) useSpool() ([]landwaiter.Package, error) {
	if err := s.Spool.Truncate(0); err != nil {
		return nil, err
	}
	if _, err := s.Spool.WriteAt([]byte("kept"), 10<<20); err != nil {
		return nil, err
	}
	var b [4]byte
	if _, err := s.Spool.ReadAt(b[:], 10<<20); err != nil {
		return nil, err
	}
	_, err := s.Spool.WriteAt([]byte("x"), 8<<30)
	return []landwaiter.Package{{Name: string(b[:]), Version: fmt.Sprint(err)}}, nil
}

// beParent starts a child that never ends, tells its number, and waits.
func beParent() {
	r, err := NewReader(Options{})
	if err == nil {
		var p *process
		if p, err = r.start(context.Background()); err == nil {
			fmt.Println(p.proc.Pid)
			blob, _ := opener("x a spin")(context.Background())
			_, err = p.send(blob, request{Want: analysers})
			time.Sleep(time.Hour)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}
