package history

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

const (
	// minLearnt is the minimum length of a secret that is searched for in all
	// texts of its image: shorter ones are parts of harmless words.
	minLearnt = 8
	// maxLearnt bounds the number of these secrets.
	maxLearnt = 1000
)

// Masker masks the texts of one image. It knows the values of the image's secrets, so
// that a password that one step sets is masked where another step uses it.
type Masker struct {
	learnt *strings.Replacer
}

// For returns the masker for an image with this configuration, whose secrets may be
// in clear text.
func For(c *landwaiter.ImageConfig) *Masker {
	l := learner{seen: map[string]bool{}}
	for _, variable := range c.Env {
		name, value, _ := strings.Cut(variable, "=")
		if isSecretPair(name, value) {
			l.learn(value)
		}
		l.text(variable)
	}
	for name, value := range c.Labels {
		if isSecretPair(name, value) {
			l.learn(value)
		}
	}
	for _, h := range c.History {
		l.text(h.CreatedBy)
	}
	if len(l.pairs) == 0 {
		return &Masker{}
	}
	return &Masker{learnt: strings.NewReplacer(l.pairs...)}
}

// learner collects secret values.
type learner struct {
	seen  map[string]bool
	pairs []string // value, what to show
}

func (l *learner) text(s string) {
	s = cut(strings.ToValidUTF8(s, "\uFFFD"))
	for _, at := range find(s) {
		if value := s[at.start:at.end]; !strings.ContainsAny(value, "$`") { // otherwise the shell replaces a part of it
			l.learn(value)
		}
	}
}

// learn remembers a value unless it is a word that may mean something else.
func (l *learner) learn(value string) {
	if len(value) < minLearnt || l.seen[value] || len(l.seen) == maxLearnt || strings.Contains(value, stars) {
		return
	}
	if strings.Trim(value, "abcdefghijklmnopqrstuvwxyz") == "" {
		return
	}
	l.seen[value] = true
	l.pairs = append(l.pairs, value, masked(value))
}

// Text masks the secrets in a text of the image.
func (m *Masker) Text(s string) string {
	if m.learnt != nil {
		s = m.learnt.Replace(s)
	}
	return Text(s)
}

// Step returns a build step unwrapped and masked.
func (m *Masker) Step(h landwaiter.History) string { return m.Text(Unwrap(h.CreatedBy)) }

// Env masks the value of one "NAME=value" of an environment.
func (m *Masker) Env(variable string) string {
	name, value, ok := strings.Cut(variable, "=")
	if !ok {
		return m.Text(variable)
	}
	return name + "=" + m.Value(name, value)
}

// Value masks the value of an environment variable or label: all of it if the name is
// that of a secret, and otherwise the secrets in it.
func (m *Masker) Value(name, value string) string {
	if isSecretPair(name, value) {
		return masked(value)
	}
	return m.Text(value)
}

func isSecretPair(name, value string) bool {
	switch sortOf(name) {
	case plainName:
		return false
	case authName:
		return credentials.MatchString(value) && !isMasked(value)
	}
	return !isOpen(value, true)
}

// Args masks a command in the exec form.
func (m *Masker) Args(args []string) []string {
	out := slices.Clone(args)
	for i, arg := range args {
		out[i] = m.Text(arg)
		if i > 0 && isFlag(args[i-1]) && !strings.HasPrefix(arg, "-") && !isOpen(arg, true) {
			out[i] = masked(arg)
		}
	}
	// The meaning of an argument may depend on the command before it, so the
	// arguments are masked together, too, as the JSON that a build step has.
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	var again []string
	if enc.Encode(out) != nil || json.Unmarshal([]byte(Text(b.String())), &again) != nil || len(again) != len(out) {
		return out
	}
	return again
}

// isFlag reports whether an argument is a flag whose value is a secret in the next
// argument.
func isFlag(arg string) bool {
	return strings.HasPrefix(arg, "-") && !strings.Contains(arg, "=") && sortOf(arg) == secretName
}

// Config returns a copy of a configuration with masked texts, which may be stored.
func Config(c landwaiter.ImageConfig) landwaiter.ImageConfig {
	m := For(&c)
	out := c
	out.Env = slices.Clone(c.Env)
	for i, variable := range c.Env {
		out.Env[i] = m.Env(variable)
	}
	if c.Labels != nil {
		out.Labels = make(map[string]string, len(c.Labels))
		for name, value := range c.Labels {
			out.Labels[name] = m.Value(name, value)
		}
	}
	out.Entrypoint, out.Cmd, out.Healthcheck = m.Args(c.Entrypoint), m.Args(c.Cmd), m.Args(c.Healthcheck)
	out.History = slices.Clone(c.History)
	for i, h := range c.History {
		out.History[i].CreatedBy, out.History[i].Comment = m.Text(h.CreatedBy), m.Text(h.Comment)
	}
	return out
}

// Version is the version of the masking. When it changes, stored texts are masked
// again.
const Version = "1"

// Stored returns a stored configuration masked again, and the function that masks the
// other texts stored with it.
func Stored(c landwaiter.ImageConfig) (masked landwaiter.ImageConfig, text func(string) string) {
	return Config(c), For(&c).Text
}

// Image returns a copy of an image with a masked configuration, which may be stored.
// The search for secrets needs the original image.
func Image(img landwaiter.Image) landwaiter.Image {
	img.Config = Config(img.Config)
	return img
}
