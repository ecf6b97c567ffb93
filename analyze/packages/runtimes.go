package packages

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/landwaiter/landwaiter"
)

const (
	// versionBefore and versionAfter bound the text around an anchor in which a
	// version is looked for, in bytes.
	versionBefore, versionAfter = 64, 128
	// runtimeOverlap is how much two parts of a file that is searched have in
	// common, so that one of them holds the whole text around each anchor.
	runtimeOverlap = versionBefore + versionAfter
	// maxAnchors bounds the anchors that are looked at in one file.
	maxAnchors = 4096
)

// program is a runtime, server or tool that people compile or copy into images
// without a package manager. It is recognised by the name of its file, and its
// version by a text that it prints.
type program struct {
	name    string // as Bitnami's advisories call it
	advised bool   // OSV has advisories for it, in the ecosystem Bitnami
	files   []string
	// anchor is searched for, and version, with a group, matched in the text around
	// it. Both are "" where no file of the program tells its version.
	anchor, version string

	bases [][]string
	// regex compiles version, if there is one, when the first file asks: each
	// process that reads layers would pay 5 ms for all of them at its start.
	regex func() *regexp.Regexp
}

// redisVersion has two groups, of which one matches.
const redisVersion = `(?:^|[^0-9.])(?:(\d\.\d{1,2}\.\d{1,3}?)[0-9a-f]{12}|` +
	`(\d\.\d{1,2}\.\d{1,3})[A-Za-z][A-Za-z0-9._-]{0,62})-\d{10,40}`

// programs are those that official images install without a package manager.
var programs = []*program{
	{name: "node", advised: true, files: []string{"node", "nodejs", "libnode.so*"},
		anchor: "node.js/v", version: `node\.js/v(\d+\.\d+\.\d+)`},
	{name: "node", advised: true, files: []string{"node", "nodejs"}, // before version 6
		anchor: "moduleLoadList", version: `v(\d+\.\d+\.\d+)\x00+moduleLoadList`},
	{
		name:    "python",
		advised: true,
		files:   []string{"python", "python2", "python3", "python2.*", "python3.*", "libpython*.so*"},
		anchor:  ".",
		version: `(?:^|[^0-9.])(\d\.\d{1,2}\.\d{1,2}(?:(?:a|b|rc)\d{1,2})?)\+?\x00`,
	},
	{name: "php", advised: true, files: []string{"php", "php-fpm", "php-cgi", "php[5-9]*", "php-fpm*", "libphp*.so"},
		anchor: "PHP/", version: `PHP/(\d+\.\d+\.\d+(?:(?:alpha|beta|RC)\d+)?)`},
	{name: "ruby", advised: true, files: []string{"ruby", "ruby[0-9]*", "libruby.so*", "libruby-*.so*"},
		anchor: "ruby ", version: `ruby (\d+\.\d+\.\d+)(?:p\d+|preview\d+|rc\d+)? \(20`},
	{name: "perl", files: []string{"perl", "perl5*", "libperl.so*"},
		anchor: "/5.", version: `/(5\.\d{1,2}\.\d{1,2})(?:/|\x00)`},
	{name: "postgresql", advised: true, files: []string{"postgres"},
		anchor: "PostgreSQL ", version: `PostgreSQL (\d+(?:\.\d+){0,2}(?:(?:alpha|beta|rc)\d+)?)(?: \([^)]{1,80}\))? on `},
	{name: "mariadb", advised: true, files: []string{"mariadbd", "mysqld", "mariadb"},
		anchor: "-MariaDB", version: `(\d+\.\d+\.\d+)-MariaDB`},
	{name: "mariadb", advised: true, files: []string{"mariadbd", "mysqld", "mariadb"},
		anchor: "/mariadb-", version: `/mariadb-(\d+\.\d+\.\d+)[-/]`},
	{name: "mysql", files: []string{"mysqld"}, anchor: "mysql-", version: `/mysql-(\d+\.\d+\.\d+)/`},
	// The build's host and time follow the version: 12 digits of a container's ID, or
	// a name.
	{name: "redis", advised: true, files: []string{"redis-server"}, anchor: "000000", version: redisVersion},
	{name: "redis", advised: true, files: []string{"redis-server"},
		anchor: "Redis version ", version: `Redis version (\d+\.\d+\.\d+)\x00`},
	{name: "valkey", advised: true, files: []string{"valkey-server"}, anchor: "000000", version: redisVersion},
	{name: "keydb", advised: true, files: []string{"keydb-server"}},
	{
		name:    "nginx",
		advised: true,
		files:   []string{"nginx", "openresty"},
		anchor:  "nginx/",
		version: `nginx/(\d+\.\d+\.\d+)`,
	},
	{name: "openresty", advised: true, files: []string{"nginx", "openresty"},
		anchor: "openresty/", version: `openresty/(\d+(?:\.\d+){2,3})`},
	{name: "apache", advised: true, files: []string{"httpd", "apache2"},
		anchor: "Apache/", version: `Apache/(\d+\.\d+\.\d+)`},
	{name: "haproxy", advised: true, files: []string{"haproxy"}, anchor: " version ",
		version: ` version (\d+\.\d+(?:\.|-dev|-rc)\d+)(?:-[0-9a-f]{1,40})?(?:, released | \d{4}/|\x00)`},
	{name: "haproxy", advised: true, files: []string{"haproxy"}, anchor: "HAProxy version follows",
		version: `(\d+\.\d+(?:\.|-dev|-rc)\d+)(?:-[0-9a-f]{1,40})?\x00+HAProxy version follows`},
	{name: "memcached", advised: true, files: []string{"memcached"},
		anchor: "memcached ", version: `memcached (\d+\.\d+\.\d+)`},
	{name: "varnish", advised: true, files: []string{"varnishd"},
		anchor: "varnish-", version: `varnish-(\d+\.\d+\.\d+)`},
	{name: "pgbouncer", advised: true, files: []string{"pgbouncer"},
		anchor: "PgBouncer ", version: `PgBouncer (\d+\.\d+\.\d+)`},
	{name: "openldap", advised: true, files: []string{"slapd"},
		anchor: "OpenLDAP", version: `OpenLDAP: slapd (\d+\.\d+\.\d+)`},
	{name: "mongodb", advised: true, files: []string{"mongod", "mongos"}},
	{name: "envoy", advised: true, files: []string{"envoy"}},
	{name: "clickhouse", advised: true, files: []string{"clickhouse"}},
	{name: "git", advised: true, files: []string{"git"}, anchor: "git/", version: `git/(\d+\.\d+\.\d+(?:\.\d+)?)`},
	{name: "sqlite", advised: true, files: []string{"sqlite3", "libsqlite3.so*"}},
	{name: "lua", advised: true, files: []string{"lua", "lua5*", "liblua*.so*"},
		anchor: "Lua ", version: `Lua (5\.\d\.\d)`},

	// OSV has no advisories for these outside of distributions.
	{name: "openssl", files: []string{"openssl", "libcrypto.so*", "libssl.so*"},
		anchor: "OpenSSL ", version: `OpenSSL (\d+\.\d+\.\d+[a-z]{0,2})(?:-[a-z]+)? +\d{1,2} [A-Z][a-z]{2} \d{4}`},
	{name: "curl", files: []string{"curl", "libcurl.so*"}, anchor: "curl/", version: `curl/(\d+\.\d+\.\d+)`},
	{name: "busybox", files: []string{"busybox"}, anchor: "BusyBox v", version: `BusyBox v(\d+\.\d+\.\d+)`},
	{name: "bash", files: []string{"bash"}, anchor: "Bash version ", version: `Bash version (\d+\.\d+\.\d+)`},
	{name: "lighttpd", files: []string{"lighttpd"}, anchor: "lighttpd/", version: `lighttpd/(\d+\.\d+\.\d+)`},
	{name: "ffmpeg", files: []string{"ffmpeg", "ffprobe"},
		anchor: "the FFmpeg developers", version: `version (\d+(?:\.\d+){1,2})`},
	{name: "rust", files: []string{"rustc", "cargo"}, anchor: "rustc ", version: `rustc (1\.\d+\.\d+)`},
	{name: "deno", files: []string{"deno"}, anchor: "Deno/", version: `Deno/(\d+\.\d+\.\d+)`},
	{name: "bun", files: []string{"bun"}, anchor: "Bun v", version: `Bun v(\d+\.\d+\.\d+)\s`},
	{
		name:    "proftpd",
		files:   []string{"proftpd"},
		anchor:  "ProFTPD Version ",
		version: `ProFTPD Version (\d+\.\d+\.\d+[a-z]?)`,
	},
	{name: "squid", files: []string{"squid"}, anchor: "squid/", version: `squid/(\d+(?:\.\d+){1,2})`},
	{name: "gcc", files: []string{"cc1", "cc1plus"}, anchor: "GCC: (", version: `GCC: \([^)]{1,32}\) (\d+\.\d+\.\d+)`},
}

func init() {
	for _, p := range programs {
		for _, file := range p.files {
			p.bases = append(p.bases, strings.Split(file, "*"))
		}
		if p.version != "" {
			p.regex = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(p.version) })
		}
	}
}

// versionSearch looks for the version of the programs that a file may be.
type versionSearch struct {
	path   string
	wanted []*wantedProgram
	left   int // anchors
}

type wantedProgram struct {
	*program
	anchor  []byte
	version string
}

// newVersionSearch returns nil for a file that is called like no program.
func newVersionSearch(file string) *versionSearch {
	base := path.Base(file)
	var s *versionSearch
	for _, p := range programs {
		for _, pieces := range p.bases {
			if !isCalled(base, pieces) {
				continue
			}
			if s == nil {
				s = &versionSearch{path: file, left: maxAnchors}
			}
			s.wanted = append(s.wanted, &wantedProgram{program: p, anchor: p.anchorIn(base)})
			break
		}
	}
	return s
}

// isCalled is matchesBase, with digits where a pattern has "[0-9]" or "[5-9]".
func isCalled(base string, pieces []string) bool {
	name, ok := strings.CutSuffix(pieces[0], "]")
	if !ok {
		return matchesBase(pieces, base)
	}
	name, digits, _ := strings.Cut(name, "[")
	rest, ok := strings.CutPrefix(base, name)
	return ok && rest != "" && rest[0] >= digits[0] && rest[0] <= digits[2] && strings.Trim(rest, "0123456789.") == ""
}

// anchorIn is the anchor in a file of a name: of Python, the first two numbers of
// its version are in the name, as in libpython3.11.so.1.0.
func (p *program) anchorIn(base string) []byte {
	if p.name != "python" {
		return []byte(p.anchor)
	}
	number := strings.TrimLeft(base, "abcdefghijklmnopqrstuvwxyz")
	number, _, _ = strings.Cut(number, ".so")
	number = strings.TrimRight(number, "dmtu")
	major, minor, ok := strings.Cut(number, ".")
	if !ok || !isNumber(major) || !isNumber(minor) {
		return nil // python3, which should be a link
	}
	return []byte(number + ".")
}

// look searches a part of the file; last says that no other part follows. What
// is near the end of a part is at the start of the next one.
func (s *versionSearch) look(part []byte, last bool) {
	if s == nil {
		return
	}
	for _, p := range s.wanted {
		for from := 0; p.version == "" && p.regex != nil && len(p.anchor) > 0; {
			at := bytes.Index(part[from:], p.anchor)
			if at < 0 {
				break
			}
			at += from
			if s.left == 0 || !last && at+versionAfter > len(part) {
				break
			}
			s.left--
			before := versionBefore
			if p.name == "python" { // the anchor begins the version, and others may be near
				before = 1
			}
			m := p.regex().FindSubmatch(part[max(0, at-before):min(len(part), at+versionAfter)])
			if m != nil && (p.name != "python" || bytes.HasPrefix(m[1], p.anchor)) {
				p.version = string(bytes.Join(m[1:], nil))
			}
			from = at + len(p.anchor)
		}
	}
}

// packages are the programs that the file is. Without a version, it is told
// what was recognised.
func (s *versionSearch) packages(c *Collector) []landwaiter.Package {
	if s == nil {
		return nil
	}
	var out []landwaiter.Package
	for i, p := range s.wanted {
		again := i > 0 && s.wanted[i-1].name == p.name && s.wanted[i-1].version != ""
		if p.version != "" && !again {
			out = append(out, component(p.name, p.version, p.advised, s.path)...)
		}
	}
	if len(out) == 0 {
		p := s.wanted[0]
		if len(c.nameless) < maxNameless {
			c.nameless = append(c.nameless, nameless{name: p.name, path: s.path, advised: p.advised})
		}
	}
	return out
}

// genericType is the purl type of software that no package manager knows.
const genericType = "generic"

// component is software that no package manager installed, by the name that
// Bitnami's advisories have for it.
func component(name, version string, advised bool, file string) []landwaiter.Package {
	if !plausible(version) {
		return nil
	}
	p := landwaiter.Package{Type: genericType, Name: name, Version: version, Path: file}
	if advised {
		p.Ecosystem = ecosystem("bitnami")
	}
	return []landwaiter.Package{p}
}

// nameless is a file that is called like a program and does not tell which
// version it is.
type nameless struct {
	name, path string
	advised    bool
}

// maxNameless bounds those that are remembered.
const maxNameless = 256
