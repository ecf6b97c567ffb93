package landwaiter_test

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// maxLines bounds a file that people write: beyond it, it holds more than one
// thing.
const maxLines = 600

const module = "github.com/landwaiter/landwaiter"

// goFiles reads all Go files of the module, by path.
func goFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	root := os.DirFS(".")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" ||
			d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		files[name], err = fs.ReadFile(root, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func parse(t *testing.T, name string, source []byte, mode parser.Mode) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, source, mode)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFilesAreShort(t *testing.T) {
	for name, source := range goFiles(t) {
		if ast.IsGenerated(parse(t, name, source, parser.PackageClauseOnly|parser.ParseComments)) {
			continue
		}
		if n := bytes.Count(source, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines; at most %d", name, n, maxLines)
		}
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	documented := map[string]int{} // comments by directory
	for name, source := range goFiles(t) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f := parse(t, name, source, parser.PackageClauseOnly|parser.ParseComments)
		n := documented[path.Dir(name)]
		if f.Doc != nil {
			n++
		}
		documented[path.Dir(name)] = n
	}
	for _, dir := range slices.Sorted(maps.Keys(documented)) {
		if n := documented[dir]; n != 1 {
			t.Errorf("%s has %d package comments; want one", dir, n)
		}
	}
}

// The compiler forbids cycles; this is what it does not know of.
func TestImports(t *testing.T) {
	for name, source := range goFiles(t) {
		test := strings.HasSuffix(name, "_test.go")
		for _, spec := range parse(t, name, source, parser.ImportsOnly).Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if reason := forbidden(path.Dir(name), imported, test); reason != "" {
				t.Errorf("%s imports %s: %s", name, imported, reason)
			}
		}
	}
}

// forbidden returns why a package may not import another, "" when it may.
func forbidden(dir, imported string, test bool) string {
	first, _, _ := strings.Cut(imported, "/")
	own, isOwn := strings.CutPrefix(imported, module+"/")
	switch {
	case strings.HasPrefix(imported, "github.com/stretchr/testify"):
		return "tests use testing and go-cmp"
	case dir == "." && !test && strings.Contains(first, "."):
		return "the domain imports the standard library only"
	case !test && !isTestPackage(dir) && (imported == "testing" || isOwn && own != "imagetest" && isTestPackage(own)):
		return "test code stays out of the binary"
	case isOwn && !(test && isTestPackage(own)) && adapter(dir) != "" && adapter(own) != "" &&
		adapter(dir) != adapter(own):
		return "adapters never import each other"
	case own == "tcss" && dir != "tcss" && !strings.HasPrefix(dir, "cmd/") && !test:
		return "tcss is the top layer"
	}
	return ""
}

// isTestPackage: imagetest is one, too, but the demo builds its images by it.
func isTestPackage(dir string) bool { return strings.HasSuffix(path.Base(dir), "test") }

// adapter returns the adapter that a directory belongs to, "" for others.
func adapter(dir string) string {
	first, rest, _ := strings.Cut(dir, "/")
	switch {
	case first == "source" && rest != "":
		place, _, _ := strings.Cut(rest, "/")
		return "source/" + place
	case first == "store", first == "cloudapi":
		return first
	}
	return ""
}

func TestMigrationsHaveWayBack(t *testing.T) {
	files, err := fs.Glob(os.DirFS("store"), "migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no migrations: ", err)
	}
	for _, name := range files {
		source, err := os.ReadFile(path.Join("store", name))
		if err != nil {
			t.Fatal(err)
		}
		marks := 0
		for lines := bufio.NewScanner(bytes.NewReader(source)); lines.Scan(); {
			if line := lines.Text(); line == "-- +goose Up" || line == "-- +goose Down" {
				marks++
			}
		}
		if marks != 2 {
			t.Errorf("%s: want one Up and one Down", name)
		}
	}
}

// flagOf finds a flag of a command line in a text.
var flagOf = regexp.MustCompile(`(?:^|[^-\w])--[a-z][a-z-]+`)

// foreignFlags are in texts outside cmd: flags of other programs, and instructions of a Dockerfile.
var foreignFlags = map[string][]string{
	"analyze/config/history.go": {"--checksum="},
	"analyze/rule/config.go":    {"RUN --mount=", "ADD --checksum"},

	"analyze/packages/manifest/requirements.go": {"--hash", "--global-option", "--config-settings", "--requirement",
		"--constraint"},
	"source/containerd/image.go":      {"ctr --namespace"},
	"source/kubernetes/kubeconfig.go": {"kubectl config view --raw --minify --flatten"},
}

// TestFlagsAreOfTheCommand: an error of a library may reach people who have no command line. Package cmd knows which
// flag changes a landwaiter.Setting. Package history reads command lines of other programs.
func TestFlagsAreOfTheCommand(t *testing.T) {
	for name, source := range goFiles(t) {
		first, _, _ := strings.Cut(name, "/")
		isTest := strings.HasSuffix(name, "_test.go") || isTestPackage(path.Dir(name))
		if isTest || slices.Contains([]string{"cmd", "hack", "bench", "history"}, first) {
			continue
		}
		ast.Inspect(parse(t, name, source, 0), func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			for _, foreign := range foreignFlags[name] {
				text = strings.ReplaceAll(text, foreign, "")
			}
			if found := flagOf.FindString(text); found != "" {
				t.Errorf("%s has the flag %q in %q: name a landwaiter.Setting, and the flag in cmd", name, found, text)
			}
			return true
		})
	}
}
