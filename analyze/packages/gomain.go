package packages

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// goMain is the main module of a Go program and what tells its version.
type goMain struct {
	name, version string
	flags         string // of the linker, as the build information has them
}

var (
	// goUntagged is the pseudo-version of a commit that has no tag before it
	// (https://go.dev/ref/mod#pseudo-versions). The go command also takes it for
	// a shallow clone, which has no tags.
	goUntagged = regexp.MustCompile(`^v?\d+\.0\.0-\d{14}-[0-9a-f]{12}(\+dirty)?$`)
	// goStamped is a version that the linker may set.
	goStamped = regexp.MustCompile(`^v?(\d+\.\d+(?:\.\d+)?)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
	// goDescribed is what git describe appends for a commit after the tag. By
	// SemVer it would be a pre-release, older than the tag.
	goDescribed = regexp.MustCompile(`^((?:-.*?)??)-\d+-g[0-9a-f]{4,40}(-dirty)?$`)
)

// versionNames are the variables that programs keep their version in, the
// likeliest first, in lower case and without underscores.
var versionNames = []string{
	"version", "appversion", "buildversion", "gitversion", "releaseversion", "programversion", "versionnumber",
	"versionstring", "semver", "gittag", "tag", "release",
}

// release returns the version of the program: the module's, or else the one that
// the linker's flags set. It returns the module's where neither says it.
func (m goMain) release() string {
	if m.version != "(devel)" && m.version != "" && !goUntagged.MatchString(m.version) {
		return m.version
	}
	best, version := len(versionNames)*maxStampRank, ""
	for name, value := range linkerVariables(m.flags) {
		if rank := m.stampRank(name); rank >= 0 && rank <= best {
			if v := stampedVersion(value); v != "" {
				best, version = rank, v
			}
		}
	}
	if version != "" {
		return version
	}
	return m.version
}

// maxStampRank is the number of kinds of packages that stampRank knows.
const maxStampRank = 3

// stampRank says how likely a variable holds the version of the program, 0 the
// most; -1 for one that does not. Variables of dependencies hold the versions of
// these, except for the package that programs of Prometheus share.
func (m goMain) stampRank(variable string) int {
	dot := strings.LastIndexByte(variable, '.')
	if dot < 0 {
		return -1
	}
	pkg, name := variable[:dot], strings.ToLower(strings.ReplaceAll(variable[dot+1:], "_", ""))
	at := slices.Index(versionNames, name)
	switch {
	case at < 0:
		return -1
	case pkg == "main":
		return at
	case pkg == m.name || strings.HasPrefix(pkg, m.name+"/"):
		return len(versionNames) + at
	case pkg == "github.com/prometheus/common/version":
		return 2*len(versionNames) + at
	}
	return -1
}

// stampedVersion returns the version that a variable was set to, "" when it is
// none ("dev", a commit).
func stampedVersion(value string) string {
	if len(value) > maxGoVersion {
		return ""
	}
	m := goStamped.FindStringSubmatch(value)
	if m == nil {
		return ""
	}
	pre := m[2]
	if d := goDescribed.FindStringSubmatch(pre); d != nil {
		pre = d[1]
	}
	if pre == "-dirty" {
		pre = ""
	}
	return m[1] + pre + m[3]
}

// linkerVariables yields what the flags of the linker set: -X name=value. Later
// ones count.
func linkerVariables(flags string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		words := flagWords(flags)
		for i := 0; i < len(words); i++ {
			setting, ok := strings.CutPrefix(strings.Replace(words[i], "--X", "-X", 1), "-X")
			if !ok {
				continue
			}
			if setting == "" && i+1 < len(words) {
				i++
				setting = words[i]
			}
			name, value, ok := strings.Cut(strings.TrimPrefix(setting, "="), "=")
			if ok && !yield(name, value) {
				return
			}
		}
	}
}

// flagWords splits flags as the go command does: at spaces, where quotes of
// either kind around a whole word keep it together.
func flagWords(flags string) []string {
	if s, err := strconv.Unquote(flags); err == nil {
		flags = s
	}
	var words []string
	for {
		flags = strings.TrimLeft(flags, " \t\r\n")
		if flags == "" {
			return words
		}
		if quote := flags[0]; quote == '\'' || quote == '"' {
			word, rest, _ := strings.Cut(flags[1:], string(quote))
			words, flags = append(words, word), rest
			continue
		}
		end := strings.IndexAny(flags, " \t\r\n")
		if end < 0 {
			end = len(flags)
		}
		words, flags = append(words, flags[:end]), flags[end:]
	}
}
