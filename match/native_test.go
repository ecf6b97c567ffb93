package match

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/realtest"
)

// nearEqual returns versions made of the given bytes, each of which differs in
// one or two positions from another one of the list.
func nearEqual(alphabet string, n int, valid func(string) bool) []string {
	seen := map[string]bool{"1": true}
	list := []string{"1"}
	for len(list) < n {
		b := []byte(list[rand.IntN(len(list))])
		for range 1 + rand.IntN(2) {
			at, c := rand.IntN(len(b)+1), alphabet[rand.IntN(len(alphabet))]
			switch {
			case rand.IntN(3) > 0 && len(b) < 20:
				b = slices.Insert(b, at, c)
			case at < len(b) && rand.IntN(2) == 0:
				b[at] = c
			case at < len(b):
				b = slices.Delete(b, at, at+1)
			}
		}
		if v := string(b); !seen[v] && valid(v) {
			seen[v] = true
			list = append(list, v)
		}
	}
	return list
}

// debianVersion reports whether dpkg accepts the text as a version: it starts
// with a digit, an epoch is numeric and a revision is not empty.
func debianVersion(v string) bool {
	if epoch, rest, ok := strings.Cut(v, ":"); ok {
		if !isNumber(epoch) || strings.Contains(rest, ":") {
			return false
		}
		v = rest
	}
	return run(v, digits) > 0 && v[len(v)-1] != '-'
}

// TestDpkgAgrees compares 150 versions with each other, 11,175 pairs, and has
// dpkg confirm the order of neighbours. Since that order is total, the order of
// neighbours implies all others. One process for each pair would take a minute.
func TestDpkgAgrees(t *testing.T) {
	dpkg := realtest.Need(t, "dpkg", "dpkg")
	list := nearEqual("0019abZ.+~~-:", 150, debianVersion)
	compare := func(a, b string) int {
		c, err := Compare("Debian:12", a, b)
		if err != nil {
			t.Fatal(err)
		}
		return sign(c)
	}
	slices.SortFunc(list, compare)
	var script strings.Builder
	rank := make([]int, len(list)) // equal versions have the same rank
	for i := 1; i < len(list); i++ {
		c := compare(list[i-1], list[i])
		rank[i] = rank[i-1] - c
		fmt.Fprintf(&script, "dpkg --compare-versions '%s' %s '%s' || echo '%[1]s %[2]s %[3]s'\n", list[i-1],
			[...]string{"lt", "eq", "gt"}[c+1], list[i])
	}
	for i, a := range list {
		for j, b := range list {
			if want := sign(rank[i] - rank[j]); compare(a, b) != want {
				t.Errorf("%s against %s: %d, but %d by those between", a, b, compare(a, b), want)
			}
		}
	}
	sh := exec.Command("sh", "-c", script.String())
	sh.Env = append(os.Environ(), "PATH="+filepath.Dir(dpkg)+":"+os.Getenv("PATH"))
	if out, err := sh.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("dpkg failed, %v:\n%s", err, out)
	}
}

// rpmVersion reports whether the text is [epoch:]version[-release] without an
// empty part.
func rpmVersion(v string) bool {
	if epoch, rest, ok := strings.Cut(v, ":"); ok {
		if !isNumber(epoch) || strings.Contains(rest, ":") {
			return false
		}
		v = rest
	}
	version, release, ok := strings.Cut(v, "-")
	return version != "" && (!ok || release != "" && !strings.Contains(release, "-"))
}

// TestRPMAgrees compares 10,000 pairs and checks the results against rpm.
func TestRPMAgrees(t *testing.T) {
	rpm := realtest.Need(t, "rpm", "rpm")
	list := nearEqual("0019abZ.+_~~^^-:", 1000, rpmVersion)
	type pair struct{ a, b string }
	pairs := make([]pair, 10_000)
	var lines strings.Builder
	for i := range pairs {
		pairs[i] = pair{list[rand.IntN(len(list))], list[rand.IntN(len(list))]}
		fmt.Fprintf(&lines, "%s\t%s\n", pairs[i].a, pairs[i].b)
	}
	file := filepath.Join(t.TempDir(), "pairs")
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	const script = `%%{lua: for l in io.lines("%s") do ` +
		`local a, b = l:match("^(.-)\t(.*)$"); print(rpm.vercmp(a, b) .. "\n") end}`
	out, err := exec.Command(rpm, "--eval", fmt.Sprintf(script, file)).Output()
	answers := strings.Fields(string(out))
	if err != nil || len(answers) != len(pairs) {
		t.Fatalf("rpm returned %d results, %v", len(answers), err)
	}
	for i, p := range pairs {
		for _, ecosystem := range []string{"AlmaLinux:9", "Photon OS:4.0", "Azure Linux:3"} {
			if c, err := Compare(ecosystem, p.a, p.b); err != nil || fmt.Sprint(sign(c)) != answers[i] {
				t.Errorf("%s: %s against %s: %d, %v; rpm says %s", ecosystem, p.a, p.b, c, err, answers[i])
			}
		}
	}
}
