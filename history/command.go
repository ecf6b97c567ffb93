package history

import (
	"regexp"
	"strings"
)

// flags are the flags of a command whose value is a secret or "user:password".
type flags struct {
	secret   string // one-letter flags: the value is secret
	attached bool   // only when it is attached: -pVALUE
	pair     string // one-letter flags: the value is user:password
	login    bool   // only after the subcommand "login"
}

// commandFlags are the flags for passwords of the commands that are common in build
// steps.
var commandFlags = func() map[string]flags {
	m := map[string]flags{
		"curl": {pair: "uU"}, "ab": {pair: "AP"}, "http": {pair: "a"}, "https": {pair: "a"},
		"sshpass": {secret: "p"}, "redis-cli": {secret: "a"}, "zip": {secret: "P"}, "unzip": {secret: "P"},
		"useradd": {secret: "p"}, "usermod": {secret: "p"}, "sqlcmd": {secret: "P"}, "bcp": {secret: "P"},
		"7z": {secret: "p", attached: true}, "7za": {secret: "p", attached: true}, "7zr": {secret: "p", attached: true},
	}
	for _, name := range strings.Fields("mysql mysqladmin mysqldump mysqlimport mysqlshow mysqlcheck mysqlsh " +
		"mariadb mariadb-admin mariadb-dump") {
		m[name] = flags{secret: "p", attached: true}
	}
	for _, name := range strings.Fields("docker podman nerdctl buildah skopeo crane helm oras az oc cf") {
		m[name] = flags{secret: "p", login: true}
	}
	for _, name := range strings.Fields("mongo mongosh mongodump mongorestore mongoexport mongoimport") {
		m[name] = flags{secret: "p"}
	}
	for _, name := range strings.Fields("ldapsearch ldapadd ldapmodify ldapdelete ldappasswd ldapwhoami") {
		m[name] = flags{secret: "w"}
	}
	return m
}()

// nextWord returns the next word of a command line from an offset on, without the
// quotes around it, or one of ; | & and the line break. At the end of the text the
// word is empty.
func (f *finder) nextWord(at int) (start, end int) {
	for at < len(f.text) && strings.IndexByte(" \t\r\v\f,\"'`[]()", f.text[at]) >= 0 {
		at++
	}
	end = at
	for end < len(f.text) && strings.IndexByte(" \t\r\v\f,\"'`[]();|&\n", f.text[end]) < 0 {
		end++
	}
	if end == at && at < len(f.text) {
		end++
	}
	return at, end
}

// commands finds the passwords among the arguments of commands.
func (f *finder) commands() {
	var current flags
	known, login := false, false
	for start, end := f.nextWord(0); start < end; start, end = f.nextWord(end) {
		w := strings.Trim(f.text[start:end], `\`)
		switch {
		case w == "":
		case w == ";" || w == "|" || w == "&" || w == "\n" && f.before(start) != '\\':
			known, login = false, false
		case w[0] == '-':
			f.flag(current, w, start, end, known, login)
		case w == "login":
			login = true
		default:
			if c, ok := commandFlags[w[strings.LastIndexByte(w, '/')+1:]]; ok {
				current, known, login = c, true, false
			}
		}
	}
}

// pairFlags take user:password whatever the command.
var pairFlags = words("--user --proxy-user --creds --src-creds --dest-creds -u")

// flag handles the flag w at text[start:end].
func (f *finder) flag(c flags, w string, start, end int, known, login bool) {
	name, _, assigned := strings.Cut(w, "=")
	if pairFlags[name] {
		at := start + len(name) + 1
		if !assigned {
			at = f.skipGapQuoted(end)
		}
		f.userPassword(at, c.pair != "" && known)
		return
	}
	if !known || len(w) < 2 || w[1] == '-' || c.login && !login {
		return
	}
	if i := strings.IndexAny(w, c.pair); c.pair != "" && i > 0 && isCluster(w[1:i]) {
		at := start + i + 1
		if i+1 == len(w) && !f.isQuote(at) {
			at = f.skipGapQuoted(end)
		}
		f.userPassword(at, true)
		return
	}
	f.secretFlag(c, w, start, end)
}

// secretFlag looks at a flag that may hold a password, such as -pSECRET.
func (f *finder) secretFlag(c flags, w string, start, end int) {
	if c.secret == "" || strings.IndexByte(c.secret, w[1]) < 0 {
		return
	}
	at := start + 2
	if len(w) == 2 && !f.isQuote(at) {
		if c.attached {
			return
		}
		at = f.skipGapQuoted(end)
	}
	if from, to, raw := f.parse(named{quoted: true}, at); from < to && f.text[from] != '-' {
		f.add(from, to, raw)
	}
}

// isCluster reports whether the letters before a flag may be other flags, as in
// -sSfu user:password.
func isCluster(letters string) bool {
	for i := range len(letters) {
		if !isAlphanumeric(letters[i]) || letters[i] >= '0' && letters[i] <= '9' {
			return false
		}
	}
	return len(letters) < 12
}

// skipGapQuoted is like skipGap, but also skips the quote that ends the flag in the
// exec form.
func (f *finder) skipGapQuoted(at int) int {
	from := at
	if i := f.skipQuote(at); i > at && (f.byteAt(i) == ',' || f.byteAt(i) == ' ') {
		from = i
	}
	if next := f.skipGap(from); next > from {
		return next
	}
	return at
}

// userPassword masks what follows the colon of the value at text[at:]. If sure is
// false, the command may mean a user and group instead.
func (f *finder) userPassword(at int, sure bool) {
	if at >= len(f.text) {
		return
	}
	start, end, raw := f.parse(named{quoted: true}, at)
	user, password, ok := strings.Cut(f.text[start:end], ":")
	if !ok || !sure && (user == password || strings.Trim(user+password, "0123456789") == "") {
		return
	}
	f.add(start+len(user)+1, end, raw)
}

const (
	quotedText = `(?:\\*"[^"]*"|'[^']*'|[^\s|;&"']+)`
	printed    = `\b(?:echo|printf)\s+(?:-[a-zA-Z]+\s+)*(` + quotedText + `)\s*\|\s*(?:sudo\s+)?(?:[A-Za-z0-9_./-]*/)?`
)

// pipeForms are passwords that are piped into a command, in group 1.
var pipeForms = []struct {
	word string // the expression matches nothing without it
	expr *regexp.Regexp
	pair bool // it is user:password
}{
	{"chpasswd", regexp.MustCompile(printed + `chpasswd\b`), true},
	{"base64", regexp.MustCompile(printed + `base64\b`), true},
	{"chpasswd", regexp.MustCompile(`\bchpasswd\s+(?:-[a-z]+\s+)*<<<\s*(` + quotedText + `)`), true},
	{"stdin", regexp.MustCompile(printed + `[^|;&\n]*--(?:password-)?stdin\b`), false},
}

// identified is the password of a user in SQL.
var identified = regexp.MustCompile(
	`(?i)\bidentified\s+(?:with\s+\S+\s+)?by\s+(?:password\s+)?\\*(?:'([^']*)'|"([^"]*)")`)

// pipes finds the passwords that reach a command through its input.
func (f *finder) pipes() {
	for _, p := range pipeForms {
		if !strings.Contains(f.text, p.word) {
			continue
		}
		for _, m := range p.expr.FindAllStringSubmatchIndex(f.text, -1) {
			start, end := f.unquote(m[2], m[3])
			if p.pair {
				_, after, ok := strings.Cut(f.text[start:end], ":")
				if !ok {
					continue
				}
				start = end - len(after)
			}
			f.add(start, end, f.byteAt(m[2]) == '\'')
		}
	}
	if !strings.Contains(f.text, "IDENTIFIED") && !strings.Contains(f.text, "dentified") {
		return
	}
	for _, m := range identified.FindAllStringSubmatchIndex(f.text, -1) {
		for _, group := range [][]int{m[2:4], m[4:6]} {
			if group[0] >= 0 {
				f.add(group[0], group[1], true)
			}
		}
	}
}

// unquote returns the part of text[start:end] within its quotes.
func (f *finder) unquote(start, end int) (int, int) {
	inner := f.skipQuote(start)
	if inner == start || inner > end {
		return start, end
	}
	to := end - 1
	for to > inner && f.text[to-1] == '\\' {
		to--
	}
	return inner, to
}
