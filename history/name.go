package history

import (
	"strings"
	"unicode"
)

// maxName bounds the part of a name that is looked at, from its end.
const maxName = 80

// secretWords are the last words of names whose value is secret: of
// "DB_PASSWORD", "--client-secret", "_authToken".
var secretWords = words("password passwd passphrase passcode passwort pass pwd pw secret token apikey " +
	"accesskey secretkey privatekey credential credentials creds authorization cookie jwt pat requirepass " +
	"masterauth storepass keypass auth")

// secretEnds are the ends of last words that run into the one before:
// "PGPASSWORD", "clientsecret".
var secretEnds = strings.Fields("password passwd passphrase apikey secretkey accesskey token secret dbpass")

// keyWords make a key secret, unlike those that are public: "api-key".
var keyWords = words("api access secret private account encryption signing master shared deploy storage auth " +
	"subscription webhook hmac aes jwt client session")

// lastly are words that may follow without changing what a name means.
var lastly = words("base64 b64 value val default override plain raw text")

// notSecret are the words before "password" and the like that make a switch of
// a name: "--disabled-password", "ALLOW_EMPTY_PASSWORD".
var notSecret = words("no disabled disable disallow allow without enable enabled empty random " +
	"ask prompt require requires skip")

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// sort of name.
type sort int

const (
	plainName  sort = iota
	secretName      // its value is secret
	switchName      // a value behind "=" or ":" is, but what follows a flag of the name is not its value
	authName        // its value is secret when it looks like credentials: "auth", which means many things
	headerName      // its value is the rest of the line, and may begin with a scheme: "Authorization"
)

// mayEnd has the last two letters of the names that are looked at closely.
var mayEnd = func() map[[2]byte]bool {
	m := map[[2]byte]bool{}
	list := append([]string{"key", "base", "hash"}, secretEnds...)
	for _, set := range []map[string]bool{secretWords, lastly} {
		for w := range set {
			list = append(list, w)
		}
	}
	for _, w := range list {
		m[[2]byte{w[len(w)-2], w[len(w)-1]}] = true
	}
	return m
}()

// sortOf says whether a name is that of a secret.
func sortOf(name string) sort {
	if n := len(name); n < 2 || isLetter(name[n-1]) && !mayEnd[[2]byte{name[n-2] | 0x20, name[n-1] | 0x20}] {
		return plainName
	}
	parts := nameParts(name[max(0, len(name)-maxName):])
	for len(parts) > 1 && lastly[parts[len(parts)-1]] {
		parts = parts[:len(parts)-1]
	}
	if len(parts) == 0 {
		return plainName
	}
	return sortOfParts(parts)
}

// sortOfParts judges the words of a name, of which there is at least one.
func sortOfParts(parts []string) sort {
	last := strings.TrimRight(parts[len(parts)-1], "0123456789")
	before := ""
	if len(parts) > 1 {
		before = parts[len(parts)-2]
	}
	switch {
	case last == "nopasswd", last == "nopassword", last == "pwd" && before == "old":
		return plainName
	case last == "authorization":
		return headerName
	case last == "auth":
		return authName
	case last == "key" && keyWords[before],
		last == "base" && before == "key" && len(parts) > 2 && parts[len(parts)-3] == "secret",
		last == "hash" && before == "password":
		return secretName
	case !secretWords[last] && !hasSecretEnd(last):
		return plainName
	}
	for _, p := range parts[:len(parts)-1] {
		if notSecret[p] {
			return switchName
		}
	}
	return secretName
}

func hasSecretEnd(word string) bool {
	for _, end := range secretEnds {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}

// nameParts returns the words of a name in lower case: of "com.example.dbPassword"
// they are com, example, db and password.
func nameParts(name string) []string {
	var parts []string
	start := 0
	end := func(i int) {
		if i > start {
			parts = append(parts, strings.ToLower(name[start:i]))
		}
	}
	for i := range len(name) {
		switch c := name[i]; {
		case !isAlphanumeric(c):
			end(i)
			start = i + 1
		case isUpper(c) && i > start && !isUpper(name[i-1]):
			end(i)
			start = i
		}
	}
	end(len(name))
	return parts
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || isUpper(c) }

func isAlphanumeric(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9'
}

// isNameByte reports whether a byte may stand in a name, or in the dashes
// before a flag.
func isNameByte(c byte) bool { return isAlphanumeric(c) || c == '_' || c == '-' || c == '.' }

// hasLower tells the names of settings files from those of the environment.
func hasLower(name string) bool { return strings.IndexFunc(name, unicode.IsLower) >= 0 }
