package landwaiter_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// neverImports is what a package must not import, directly or not, whatever the
// graph in docs/ARCHITECTURE.md says today.
var neverImports = map[string]struct {
	imports []string
	why     string
}{
	"scan":     {[]string{module + "/task", "github.com/riverqueue"}, "it scans one image and knows no queue"},
	"feed":     {[]string{module + "/scan", module + "/task"}, "advisories reach images without a scan"},
	"store":    {[]string{module + "/"}, "it stores the domain and knows no rules"},
	"match":    {[]string{module + "/", "database/sql", "net/http"}, "verdicts are pure functions"},
	"cloudapi": {[]string{module + "/"}, "it knows the protocol and nothing of images"},
	"asset":    {[]string{module + "/task", module + "/scan"}, "it knows what exists, not what was found"},
}

type goPackage struct {
	dir     string // from the root of the module
	imports []string
	deps    []string
}

// packages lists the packages of the module with what they import, without
// tests.
func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}}|{{join .Imports " "}}|{{join .Deps " "}}`, "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []goPackage
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "|")
		list = append(list, goPackage{
			dir:     strings.TrimPrefix(strings.TrimPrefix(f[0], module), "/"),
			imports: strings.Fields(f[1]), deps: strings.Fields(f[2]),
		})
	}
	return list
}

func TestNeverImports(t *testing.T) {
	checked := 0
	for _, p := range packages(t) {
		rule, ok := neverImports[p.dir]
		if !ok {
			continue
		}
		checked++
		for _, dep := range p.deps {
			for _, not := range rule.imports {
				if strings.HasPrefix(dep, not) && dep != module {
					t.Errorf("%s imports %s: %s", p.dir, dep, rule.why)
				}
			}
		}
	}
	if checked != len(neverImports) {
		t.Errorf("%d of %d packages with a rule exist", checked, len(neverImports))
	}
}

// TestArchitectureGraph holds the graph in docs/ARCHITECTURE.md against the
// imports. cmd imports everything and is drawn in part only.
func TestArchitectureGraph(t *testing.T) {
	drawn, imported := drawnGraph(t), map[string]bool{}
	for _, p := range packages(t) {
		from := room(p.dir)
		if from == "" || from == "cmd/landwaiter" {
			continue
		}
		for _, i := range p.imports {
			own, ok := strings.CutPrefix(i, module+"/")
			if to := room(own); ok && to != "" && to != from {
				imported[from+" --> "+to] = true
			}
		}
	}
	for edge := range drawn {
		if !imported[edge] && !strings.HasPrefix(edge, "cmd/") {
			t.Errorf("drawn, but not so: %s", edge)
		}
	}
	for _, edge := range slices.Sorted(maps.Keys(imported)) {
		if !drawn[edge] {
			t.Errorf("not drawn: %s", edge)
		}
	}
}

// room is the box in which the graph shows a package, "" for what it leaves
// out: tests and tools.
func room(dir string) string {
	first, rest, _ := strings.Cut(dir, "/")
	switch {
	case dir == "", isTestPackage(dir), first == "hack", first == "bench", first == "e2e", dir == "tcss/gen":
		return ""
	case first == "source" && rest != "":
		return "source/*"
	case first == "cmd":
		return dir
	}
	return first
}

var edgeLine = regexp.MustCompile(`^\s*(\S.*?)\s*-->\s*(\S.*?)\s*$`)

func drawnGraph(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("docs/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, graph, _ := strings.Cut(string(text), "graph TD\n")
	graph, _, ok := strings.Cut(graph, "```")
	if !ok {
		t.Fatal("docs/ARCHITECTURE.md has no graph")
	}
	drawn := map[string]bool{}
	for line := range strings.Lines(graph) {
		m := edgeLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, from := range strings.Split(m[1], " & ") {
			for _, to := range strings.Split(m[2], " & ") {
				drawn[node(from)+" --> "+node(to)] = true
			}
		}
	}
	return drawn
}

// node is the label of a node: itself, or what is in its brackets.
func node(s string) string {
	if _, label, ok := strings.Cut(s, `["`); ok {
		return strings.TrimSuffix(label, `"]`)
	}
	if s == "sources" {
		return "source/*"
	}
	if s == "cmd" {
		return "cmd/landwaiter"
	}
	return s
}

// maxMethods bounds the exported methods of a type of package store: beyond
// it, the type has more than one role.
const maxMethods = 25

func TestStoreTypesAreSmall(t *testing.T) {
	methods := map[string]int{}
	for name, source := range goFiles(t) {
		if path.Dir(name) != "store" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, d := range parse(t, name, source, parser.SkipObjectResolution).Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.IsExported() {
				methods[receiver(f)]++
			}
		}
	}
	for name, n := range methods {
		if n > maxMethods {
			t.Errorf("store.%s has %d exported methods; at most %d", name, n, maxMethods)
		}
	}
	if methods["Images"] == 0 || methods["DB"] == 0 {
		t.Errorf("no methods found: %v", methods)
	}
}

func receiver(f *ast.FuncDecl) string {
	typ := f.Recv.List[0].Type
	if p, ok := typ.(*ast.StarExpr); ok {
		typ = p.X
	}
	if id, ok := typ.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// usedOnce are the exported names of the root package that one other package
// alone uses, and why they are there.
var usedOnce = map[string]string{
	"AdvisoryAge":    "goes with Report",
	"ChainIDs":       "an image's identity, like its diffIDs",
	"CompareMalware": "the one place for rankings",
	"Hints":          "a word of verdicts; tests compare it with the rules",
	"ParseTimeOfDay": "goes with Schedule",
	"Setting":        "libraries set it in errors, cmd names the flag",
	"SettingOf":      "goes with Setting",
	"TimeOfDay":      "goes with Schedule",
	"Verdict":        "what a report says, whatever shows it",
	"Upgrade":        "advice about a report's packages, whatever shows it",
}

// TestVocabularyIsShared: the root package holds what several packages speak
// of; what only one uses belongs there.
func TestVocabularyIsShared(t *testing.T) {
	files := goFiles(t)
	exported := map[string]bool{}
	users := map[string]map[string]bool{} // by name: directories, "." for the root itself
	for name, source := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f := parse(t, name, source, parser.SkipObjectResolution)
		if path.Dir(name) == "." {
			declared(f, exported)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "landwaiter" {
					if users[s.Sel.Name] == nil {
						users[s.Sel.Name] = map[string]bool{}
					}
					users[s.Sel.Name][path.Dir(name)] = true
				}
			}
			return true
		})
	}
	for _, name := range slices.Sorted(maps.Keys(exported)) {
		if _, why := usedOnce[name]; len(users[name]) == 1 && !why {
			t.Errorf("only %v uses landwaiter.%s: move it there", slices.Collect(maps.Keys(users[name])), name)
		}
	}
}

// declared adds the exported functions and types of a file; constants come in
// sets, of which a package may need one.
func declared(f *ast.File, into map[string]bool) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.IsExported() {
				into[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if typ, ok := s.(*ast.TypeSpec); ok && d.Tok == token.TYPE && typ.Name.IsExported() {
					into[typ.Name.Name] = true
				}
			}
		}
	}
}

// TestStoreExportsAreUsed: a function of package store that no other package calls
// has no reason to be exported. Types are what its methods take and return.
func TestStoreExportsAreUsed(t *testing.T) {
	exported, used := map[string]bool{}, map[string]bool{}
	for name, source := range goFiles(t) {
		f := parse(t, name, source, parser.SkipObjectResolution)
		if path.Dir(name) == "store" && !strings.HasSuffix(name, "_test.go") {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.IsExported() {
					exported[fn.Name.Name] = true
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && !strings.HasPrefix(name, "store/") {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "store" {
					used[s.Sel.Name] = true
				}
			}
			return true
		})
	}
	if !exported["Open"] || !used["Open"] {
		t.Fatalf("store.Open was not seen: %v", exported)
	}
	for name := range exported {
		if !used[name] {
			t.Errorf("no package uses store.%s", name)
		}
	}
}
