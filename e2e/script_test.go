package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the scripts in testdata/script, each in a new directory with
// the fleet in images/ and its advisories in osv/. In addition to the commands of
// testscript, they can use:
//
//	exits CODE COMMAND...    runs a command, which must exit with this code
//	document [!] FILE        checks the form of scan's JSON, and that all
//	                         layers were already known (with !: none was)
//	capture NAME FIELD       sets a variable to a field of the last output,
//	                         which is a JSON object
func TestScripts(t *testing.T) {
	images, advisories := t.TempDir(), t.TempDir()
	writeFleet(t, images, fleet())
	writeAdvisories(t, advisories)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary)+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("LANDWAITER_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("IMAGES", images)
			env.Setenv("OSV", advisories)
			env.Setenv("WEB", filepath.Join(images, archiveName(fleet()[fleetWeb])))
			env.Setenv("CLEAN", filepath.Join(images, archiveName(fleet()[fleetClean])))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "document": checkDocument, "capture": capture,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%v: exit code %d, want %d\n%s", args[1:], got, want, ts.ReadFile("stderr"))
	}
}

func checkDocument(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: document FILE")
	}
	raw := ts.ReadFile(args[0])
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	var v any
	ts.Check(dec.Decode(&v))
	if problems := shapeProblems("scan", v, reflect.TypeFor[document]()); len(problems) > 0 {
		ts.Fatalf("%s", strings.Join(problems, "\n"))
	}
	var doc document
	ts.Check(json.Unmarshal([]byte(raw), &doc))
	for _, im := range doc.Images {
		for _, l := range im.Layers {
			if l.Known == neg {
				ts.Fatalf("%s: layer %s has known %v", im.Target, l.DiffID, l.Known)
			}
		}
	}
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME FIELD")
	}
	var object map[string]any
	ts.Check(json.NewDecoder(bytes.NewBufferString(ts.ReadFile("stdout"))).Decode(&object))
	value, ok := object[args[1]].(string)
	if !ok {
		ts.Fatalf("no text in the field %s", args[1])
	}
	ts.Setenv(args[0], value)
}
