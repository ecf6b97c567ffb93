package packages

import (
	"bytes"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// maxOTPApp bounds an application file; the one of Phoenix has 4 KiB.
const maxOTPApp = 1 << 20

// otpApplications come with Erlang/OTP and Elixir, not from Hex. An advisory
// for a package of Hex that is called like one of them is not theirs.
var otpApplications = map[string]bool{
	"asn1": true, "common_test": true, "compiler": true, "crypto": true, "debugger": true, "dialyzer": true,
	"diameter": true, "edoc": true, "eldap": true, "erl_interface": true, "erts": true, "et": true, "eunit": true,
	"ftp": true, "inets": true, "jinterface": true, "kernel": true, "megaco": true, "mnesia": true, "observer": true,
	"odbc": true, "os_mon": true, "parsetools": true, "public_key": true, "reltool": true, "runtime_tools": true,
	"sasl": true, "snmp": true, "ssh": true, "ssl": true, "stdlib": true, "syntax_tools": true, "tftp": true,
	"tools": true, "wx": true, "xmerl": true, "elixir": true, "eex": true, "ex_unit": true, "iex": true,
	"logger": true, "mix": true,
}

// readOTPApp reads the resource file of an application
// (https://www.erlang.org/doc/apps/kernel/app.html), as it lies beside its
// compiled modules in ebin: also in releases of Elixir, which have nothing else.
// Its form is {application, Name, [{vsn, "1.2.3"}, ...]}.
func readOTPApp(f *File) ([]landwaiter.Package, error) {
	data, err := f.readUpTo(maxOTPApp)
	if err != nil {
		return nil, err
	}
	tokens := erlangTokens{rest: data}
	var last [5]string // tokens, newest first
	name, depth := "", 0
	for {
		token, ok := tokens.next()
		if !ok {
			return nil, nil // another kind of file called .app
		}
		copy(last[1:], last[:])
		last[0] = token
		switch token {
		case "{", "[", "<<", "(":
			depth++
		case "}", "]", ">>", ")":
			depth--
		}
		switch {
		case depth == 1 && last[1] == "," && last[2] == "application" && last[3] == "{":
			name = token
		case depth == 3 && last[1] == "," && last[2] == "vsn" && last[3] == "{" && strings.HasPrefix(token, `"`):
			return otpPackage(name, token[1:], f), nil
		}
	}
}

func otpPackage(name, version string, f *File) []landwaiter.Package {
	if version == "" || version[0] < '0' || version[0] > '9' {
		return nil // "git", "%VSN%"
	}
	if otpApplications[name] {
		return onePackage("otp", name, version, f)
	}
	return onePackage("hex", name, version, f)
}

// erlangTokens splits Erlang terms. A string is its text after one quote, a
// quoted atom its text without quotes.
type erlangTokens struct{ rest []byte }

func (t *erlangTokens) next() (token string, ok bool) {
	t.skipSpace()
	if len(t.rest) == 0 {
		return "", false
	}
	switch c := t.rest[0]; {
	case c == '"' || c == '\'':
		return t.quoted(c)
	case c == '$' && len(t.rest) > 1: // a character
		return t.take(2), true
	case bytes.HasPrefix(t.rest, []byte("<<")) || bytes.HasPrefix(t.rest, []byte(">>")):
		return t.take(2), true
	case !isErlangName(c):
		return t.take(1), true
	}
	n := 1
	for n < len(t.rest) && isErlangName(t.rest[n]) {
		n++
	}
	return t.take(n), true
}

func (t *erlangTokens) take(n int) string {
	token := string(t.rest[:n])
	t.rest = t.rest[n:]
	return token
}

func (t *erlangTokens) skipSpace() {
	for {
		t.rest = bytes.TrimLeft(t.rest, " \t\r\n")
		if !bytes.HasPrefix(t.rest, []byte("%")) {
			return
		}
		_, t.rest, _ = bytes.Cut(t.rest, []byte("\n"))
	}
}

func (t *erlangTokens) quoted(quote byte) (string, bool) {
	for i := 1; i < len(t.rest); i++ {
		switch t.rest[i] {
		case '\\':
			i++
		case quote:
			token := t.take(i + 1)
			if quote == '"' {
				return token[:i], true
			}
			return token[1:i], true
		}
	}
	t.rest = nil
	return "", false
}

func isErlangName(c byte) bool {
	return c == '_' || c == '@' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
