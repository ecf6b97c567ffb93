package history

import (
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter/analyze/secret"
)

const stars = "****"

// masked keeps the beginning of a secret, enough to recognise it: at most six letters
// and digits, and never more than a quarter.
func masked(value string) string {
	// A value may end elsewhere once it is masked, and is found again.
	if i := strings.Index(value, stars); i >= 0 && isMasked(value[:i+len(stars)]) {
		return value[:i+len(stars)]
	}
	kept := strings.TrimSuffix(secret.Mask(value), stars)
	for i := range len(kept) {
		if !isAlphanumeric(kept[i]) && kept[i] != '_' && kept[i] != '-' {
			kept = kept[:i]
			break
		}
	}
	return kept + stars
}

// isMasked reports whether a value is what masked returns.
func isMasked(value string) bool {
	kept, ok := strings.CutSuffix(value, stars)
	return ok && len(kept) <= 6 && strings.IndexFunc(kept, func(r rune) bool {
		return r > 'z' || !isAlphanumeric(byte(r)) && r != '_' && r != '-'
	}) < 0
}

// open matches values that reveal no secret: switches, placeholders, and the locations
// of secrets. Base64 may begin with a slash, so paths count only below well-known
// directories.
var open = regexp.MustCompile(`(?i)^(?:true|false|yes|no|on|off|null|nil|none|undefined|0|1|files|compat|all|` +
	`\*+|<[^<>]*>|\{\{[^{}]*\}\}|%[A-Z0-9_]+%|file:.*|env:.*|` +
	`(?:~|\.{1,2}|/(?:run|etc|var|usr|opt|home|root|tmp|app|secrets?|mnt|dev|srv|data|vault|proc|sys|bin|` +
	`workspace|src))/[^\s=:@]*|` +
	`https?://[^\s@?]*)$`)

var (
	// reference matches a value that the shell or the builder expands from other
	// values. A default in it (${X:-default}) must be a reference itself.
	reference = regexp.MustCompile("^(?:\\$[A-Za-z_][A-Za-z0-9_]*|\\$[0-9@*#?]|" +
		"\\$\\{[A-Za-z0-9_.!#]+(?::?[-+?=]\\$?)?\\}|" +
		"\\$\\$?[({].*[)}]|`[^`]*`|[:/_.,+-])+$")
	// literal matches a reference where no shell expands it: in single quotes or
	// in the environment of an image. There, "$ecret" is a password.
	literal = regexp.MustCompile(`^(?:\$[A-Z_][A-Z0-9_]*|\$\{[A-Za-z0-9_.]+\}|\$\([^()]*\))+$`)
	// defaulted matches a reference with a default that is not a reference.
	defaulted = regexp.MustCompile(`\$\{[A-Za-z0-9_.]+:?[-=+]([^}$]+)\}`)
)

// isOpen reports whether a value reveals no secret. Raw values are those that no shell
// expands.
func isOpen(value string, raw bool) bool {
	if value == "" || isMasked(value) || open.MatchString(value) {
		return true
	}
	if raw {
		return literal.MatchString(value)
	}
	return strings.ContainsAny(value, "$`") && reference.MatchString(value) && !defaulted.MatchString(value)
}

// credentials matches the value of "auth" if it is not a switch or a method but the
// base64 of "user:password".
var credentials = regexp.MustCompile(`^[A-Za-z0-9+/_-]{8,}={0,2}$`)
