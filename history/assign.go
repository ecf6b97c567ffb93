package history

import (
	"regexp"
	"strings"
)

// names finds the values of secret names: assignments, fields of JSON, YAML
// and XML, headers, flags.
func (f *finder) names() {
	for i := 0; i < len(f.text); {
		if !isNameByte(f.text[i]) {
			i++
			continue
		}
		end := i
		for end < len(f.text) && isNameByte(f.text[end]) {
			end++
		}
		i = max(end, f.name(i, end))
	}
}

// name examines what follows the name at text[start:end]. It returns where to
// continue: after a value that it masked, but before one that it did not mask, which
// may contain other secrets.
func (f *finder) name(start, end int) int {
	kind := sortOf(f.text[start:end])
	if kind == plainName || f.before(start) == '/' {
		return end
	}
	n := named{kind: kind, start: start, end: end, reference: f.isReference(start), at: end}
	if f.isQuote(start-1) && f.before(start) == f.byteAt(end) || f.byteAt(end) == '\\' {
		n.at = f.skipQuote(end)
	}
	n.quoted = n.at > end
	if n.quoted && (f.byteAt(n.at) == ']' || f.byteAt(n.at) == '}') { // $config["password"] = ...
		n.at++
	}
	gap := n.at
	for f.byteAt(gap) == ' ' || f.byteAt(gap) == '\t' {
		gap++
	}
	n.spaced = gap > n.at
	switch f.byteAt(gap) {
	case '=':
		return f.assigned(n, gap)
	case ':':
		return f.colon(n, gap)
	case '-':
		if n.reference && gap == end && f.before(start) == '{' { // ${PASSWORD-default}
			return f.fallback(gap + 1)
		}
	case '>':
		if f.before(start) == '<' && !n.spaced { // <password>...</password>
			return f.element(gap + 1)
		}
	}
	return f.argument(n)
}

// named is the name of a secret and its surroundings.
type named struct {
	kind       sort
	start, end int
	at         int  // after the quote that ends the name, if any
	quoted     bool // there is one
	spaced     bool // white space follows
	reference  bool // it is $NAME or ${NAME
}

// assigned handles NAME=value, where gap is the offset of the "=".
func (f *finder) assigned(n named, gap int) int {
	at := gap + 1
	for f.byteAt(at) == '=' || f.byteAt(at) == '>' { // == and =>
		at++
	}
	if next := f.byteAt(at); next == ' ' || next == '\t' {
		// "PASSWORD= command" is the shell's empty value, "password = x" a line of settings.
		if !n.spaced && !n.quoted && !n.reference && !hasLower(f.text[n.start:n.end]) {
			return at
		}
		for f.byteAt(at) == ' ' || f.byteAt(at) == '\t' {
			at++
		}
	}
	return f.value(n, at)
}

// colon handles "name: value", "name":"value" and Name:value.
func (f *finder) colon(n named, gap int) int {
	at := gap + 1
	next := f.byteAt(at)
	if n.reference {
		switch {
		case f.before(n.start) == '{' && (next == '-' || next == '='): // ${PASSWORD:-default}
			return f.fallback(at + 1)
		case n.quoted || next != ' ':
			return at // "$PWD":/app
		}
	}
	if next == ':' { // token::method
		return at
	}
	if next == '=' { // :=
		at++
	}
	spaces := at
	for f.byteAt(at) == ' ' || f.byteAt(at) == '\t' {
		at++
	}
	if at == spaces && !n.quoted && next != '=' && !f.mayTouchColon(n) {
		return at // an image "token:1.2", an owner "secret:secret"
	}
	return f.value(n, at)
}

// mayTouchColon reports whether the name in "name:value" is that of a secret even
// without a space after the colon.
func (f *finder) mayTouchColon(n named) bool {
	if n.kind == headerName || f.isQuote(n.end+1) {
		return true
	}
	switch f.before(n.start) {
	case '{', ',', '"', '\'':
		return true
	}
	name := strings.ToLower(f.text[n.start:n.end])
	for _, word := range []string{"password", "passwd", "passphrase", "pass", "pwd", "api-key", "private-token"} {
		if strings.HasSuffix(name, word) {
			return true
		}
	}
	return strings.HasPrefix(name, "x-") || strings.HasPrefix(name, "_")
}

// element handles the text of an XML element, up to the next tag.
func (f *finder) element(at int) int {
	length := strings.IndexByte(f.text[at:], '<')
	if length <= 0 || strings.TrimSpace(f.text[at:at+length]) == "" || !f.add(at, at+length, true) {
		return at
	}
	return at + length
}

// fallback handles the default in ${NAME:-default}.
func (f *finder) fallback(at int) int {
	length := strings.IndexByte(f.text[at:min(len(f.text), at+maxBalanced)], '}')
	if length <= 0 || !f.add(at, at+length, false) {
		return at
	}
	return at + length
}

// scheme matches the word before the credentials in a header.
var scheme = regexp.MustCompile(
	`(?i)^(?:bearer|basic|digest|token|apikey|negotiate|oauth|bot|jwt|aws4-hmac-sha256)(?:\\? )+`)

// value masks the value at text[at:].
func (f *finder) value(n named, at int) int {
	start, end, raw := f.parse(n, at)
	if n.kind == headerName {
		if m := scheme.FindString(f.text[start:end]); m != "" {
			start += len(m)
		}
	}
	if n.kind == authName && !credentials.MatchString(f.text[start:end]) {
		return at
	}
	if !f.add(start, end, raw) {
		return at
	}
	return end
}

// setters are the words before "NAME value" that set it: npm config set,
// aws configure set, setx.
var setters = words("set setx login user account")

// argument handles the value after a flag ("--password x", or "--password", "x" in the
// exec form), or after the name that a command sets.
func (f *finder) argument(n named) int {
	flag := f.text[n.start] == '-'
	word := f.previous(n.start)
	if c := f.before(n.start); c == ':' || c == '/' { // //registry/:_authToken
		word = f.previousButOne(n.start)
	}
	switch {
	case n.kind == switchName, n.kind == authName, n.reference:
		return n.end
	case flag:
	case setters[word] && f.text[n.start:n.end] != "pwd":
	case f.previousButOne(n.start) == "login" && !n.quoted: // login x password y, of a .netrc
	case f.startsQuote(n): // PASSWORD 'x' of SQL, SetEnvironmentVariable('PASSWORD', 'x')
	default:
		return n.end
	}
	at := f.skipGap(n.at)
	if at == n.at || f.byteAt(at) == '-' || at == len(f.text) {
		return n.end
	}
	if rest := f.text[at:min(len(f.text), at+8)]; strings.HasPrefix(rest, "id=") || strings.HasPrefix(rest, "type=") {
		return n.end // docker build --secret id=...
	}
	return f.value(named{kind: n.kind, start: n.start, end: n.end, quoted: n.quoted}, at)
}

// startsQuote reports whether a quoted value follows the name, in SQL or in a call.
func (f *finder) startsQuote(n named) bool {
	if n.quoted {
		return strings.HasSuffix(f.text[max(0, n.start-32):n.start-1], "SetEnvironmentVariable(")
	}
	at := f.skipGap(n.at)
	return at > n.at && f.byteAt(at) == '\'' && !strings.Contains(f.text[n.at:at], ",")
}

// skipGap skips the characters between a flag and its value: white space, a line
// continuation, or the comma of the exec form.
func (f *finder) skipGap(at int) int {
	start := at
	for at < len(f.text) {
		switch c := f.text[at]; {
		case c == ' ', c == '\t', c == '\n', c == '\r', c == ',':
		case c == '\\' && (f.byteAt(at+1) == '\n' || f.byteAt(at+1) == '\r'):
		default:
			return at
		}
		if at++; at-start > maxGap {
			return start
		}
	}
	return at
}

const (
	maxGap      = 64   // bytes between a flag and its value
	maxBalanced = 4096 // bytes of $(...) within a value
)

// before returns the byte before an offset; 0 at the start.
func (f *finder) before(at int) byte {
	if at == 0 {
		return 0
	}
	return f.text[at-1]
}

// byteAt returns the byte at an offset; 0 at the end.
func (f *finder) byteAt(at int) byte {
	if at >= len(f.text) {
		return 0
	}
	return f.text[at]
}

func (f *finder) isQuote(at int) bool {
	if at < 0 {
		return false
	}
	c := f.byteAt(at)
	return c == '"' || c == '\'' || c == '`'
}

// skipQuote skips a quote and the backslashes before it, if there is one at at.
func (f *finder) skipQuote(at int) int {
	i := at
	for f.byteAt(i) == '\\' {
		i++
	}
	if f.isQuote(i) {
		return i + 1
	}
	return at
}

// isReference reports whether the name at an offset is part of $NAME, ${NAME or
// $env:NAME.
func (f *finder) isReference(at int) bool {
	text := strings.ToLower(f.text[max(0, at-5):at])
	return strings.HasSuffix(text, "$") || strings.HasSuffix(text, "${") || strings.HasSuffix(text, "$env:")
}

// previous returns the word before an offset, up to 16 bytes of it.
func (f *finder) previous(at int) string { return lastWord(f.text[max(0, at-17):at]) }

func (f *finder) previousButOne(at int) string {
	text := strings.TrimRight(f.text[max(0, at-128):at], " \t\n\\")
	return lastWord(text[:strings.LastIndexAny(text, " \t\n")+1])
}

func lastWord(text string) string {
	text = strings.TrimRight(text, " \t\n\\\"',")
	return text[strings.LastIndexAny(text, " \t\n\\\"',[(")+1:]
}
