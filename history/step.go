package history

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
)

// MaxText bounds what is kept of one text, in bytes; the rest is cut off. Build
// steps with heredocs of 20 KiB have been seen.
const MaxText = 64 << 10

// maxLine bounds a step that is shown beside a finding, in characters.
const maxLine = 512

// Step is one build step.
type Step struct {
	Text  string // "RUN apt-get update": unwrapped, masked, printable, on one line
	Layer string // diffID of the layer that it made; "" for none, or if that is unknown
}

// Steps returns the build steps of an image in order. If the number of steps that made
// a layer is not the number of layers, it is unknown which step made which layer.
func Steps(img landwaiter.Image) []Step {
	m := For(&img.Config)
	steps := make([]Step, len(img.Config.History))
	makers := 0
	for i, h := range img.Config.History {
		steps[i].Text = landwaiter.Printable(m.Step(h))
		if h.EmptyLayer {
			continue
		}
		if makers < len(img.Layers) {
			steps[i].Layer = img.Layers[makers].DiffID
		}
		makers++
	}
	if makers != len(img.Layers) {
		for i := range steps {
			steps[i].Layer = ""
		}
	}
	return steps
}

// Layers returns the step that made each layer by diffID, shortened by [Line]. It is
// empty if that is unknown.
func Layers(img landwaiter.Image) map[string]string {
	out := map[string]string{}
	for _, s := range Steps(img) {
		if _, ok := out[s.Layer]; !ok && s.Layer != "" { // the lowest wins when a layer repeats
			out[s.Layer] = Line(s.Text)
		}
	}
	return out
}

// Line shortens a masked step to show it next to a finding: to one printable line of at
// most 512 characters.
func Line(step string) string {
	step = landwaiter.Printable(step)
	if utf8.RuneCountInString(step) <= maxLine {
		return step
	}
	return string([]rune(step)[:maxLine]) + "..."
}

// buildkitMark is at the end of steps that BuildKit wrote.
const buildkitMark = "# buildkit"

var (
	// nop matches what the classic builder writes before an instruction that runs
	// nothing: "/bin/sh -c #(nop) ", "cmd /S /C #(nop) ", "powershell ... #(nop) ".
	nop = regexp.MustCompile(`^(?:/[a-z/]*sh|cmd|powershell|pwsh)[^#]{0,200}#\(nop\)\s*`)
	// shell matches the shell of a RUN instruction. BuildKit keeps the word RUN.
	shell = regexp.MustCompile(`^(?:RUN )?(?:` +
		`(?:/usr)?/bin/(?:ba|da|a|z|k)?sh (?:-[a-z]+ |pipefail )*-[a-z]*c |` +
		`cmd /S /C |` +
		`(?:powershell|pwsh)(?:\.exe)? (?:-[A-Za-z]+ (?:Bypass |RemoteSigned |Unrestricted )?)*-Command )\s*`)
)

// Unwrap removes what builders put around a step: the classic
// "/bin/sh -c #(nop) ADD ..." and "/bin/sh -c apt-get ...", BuildKit's
// "RUN /bin/sh -c ... # buildkit", and the same with the shells of Windows.
// Nothing is masked.
func Unwrap(createdBy string) string {
	s := strings.TrimSpace(createdBy[:min(len(createdBy), MaxText)])
	s = strings.TrimSpace(strings.TrimSuffix(s, buildkitMark))
	if at := nop.FindStringIndex(s); at != nil {
		return s[at[1]:]
	}
	if at := shell.FindStringIndex(s); at != nil {
		return "RUN " + s[at[1]:]
	}
	return s
}
