package history

import "strings"

// urls finds the passwords in URLs, and tokens in place of the user:
// "https://user:password@host", "https://token@host".
func (f *finder) urls() {
	for start := 0; start < len(f.text); {
		if isURLEnd(f.text[start]) {
			start++
			continue
		}
		end := start
		for end < len(f.text) && !isURLEnd(f.text[end]) {
			end++
		}
		f.urlsIn(start, end)
		start = end
	}
}

// isURLEnd reports whether a byte ends a URL, as people write them.
func isURLEnd(c byte) bool { return c <= ' ' || strings.IndexByte("\"'`<>|", c) >= 0 }

// urlsIn examines the URLs in one word.
func (f *finder) urlsIn(start, end int) {
	word := f.text[start:end]
	last := strings.LastIndexByte(word, '@')
	for _, separator := range []string{"://", `:\/\/`} { // the latter in JSON
		for at := 0; at <= last; {
			next := strings.Index(word[at:], separator)
			if next < 0 {
				break
			}
			scheme := word[at : at+next]
			at += next + len(separator)
			f.authority(scheme, word, start, at, last)
		}
	}
	for _, network := range []string{"@tcp(", "@unix("} { // user:password@tcp(host) of Go's MySQL
		if at := strings.Index(word, network); at > 0 {
			if colon := strings.IndexByte(word[:at], ':'); colon >= 0 && !strings.Contains(word[:at], "://") {
				f.add(start+colon+1, start+at, false)
			}
		}
	}
}

// authority examines the user and password after "://", at word[at:]. last is the offset
// of the last "@" in the word.
func (f *finder) authority(scheme, word string, start, at, last int) {
	authority := word[at:]
	if i := strings.IndexAny(authority, `/\?#`); i >= 0 {
		authority = authority[:i]
	}
	sign := strings.LastIndexByte(authority, '@')
	if sign < 0 {
		// A password with a slash in it, which should have been escaped; not a
		// host with a port.
		_, port, ok := strings.Cut(authority, ":")
		if !ok || last < at || port == "" || strings.Trim(port, "0123456789") == "" || port[0] == '$' || authority[0] == '[' {
			return
		}
		sign = last - at
	}
	if strings.HasPrefix(word[at+sign:], "@sha256:") { // docker://image:tag@sha256:...
		return
	}
	userinfo := word[at : at+sign]
	from := start + at
	user, password, ok := strings.Cut(userinfo, ":")
	switch {
	case !ok && isHTTP(strings.ToLower(scheme)):
		if user != "git" {
			f.add(from, from+len(user), false)
		}
	case ok && (password == "" || password == "x-oauth-basic" || password == "x"):
		f.add(from, from+len(user), false)
	case ok:
		f.add(from+len(user)+1, from+len(userinfo), false)
	}
}

func isHTTP(scheme string) bool {
	return strings.HasSuffix(scheme, "http") || strings.HasSuffix(scheme, "https")
}
