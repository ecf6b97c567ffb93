package history

import (
	"strings"
	"unicode"
)

// maxName bounds how much of a name is examined, counted from its end.
const maxName = 80

// secretWords are the last words of the names of secrets, such as "DB_PASSWORD",
// "--client-secret" and "_authToken".
var secretWords = words("password passwd passphrase passcode passwort pass pwd pw secret token apikey " +
	"accesskey secretkey privatekey credential credentials creds authorization cookie jwt pat requirepass " +
	"masterauth storepass keypass auth")

// secretEnds are the ends of last words that are joined to the word before, as in
// "PGPASSWORD" and "clientsecret".
var secretEnds = strings.Fields("password passwd passphrase apikey secretkey accesskey token secret dbpass")

// keyWords are the words before "key" that make it secret, as in "api-key": other keys
// are public.
var keyWords = words("api access secret private account encryption signing master shared deploy storage auth " +
	"subscription webhook hmac aes jwt client session")

// lastly are words that may follow without changing the meaning of a name.
var lastly = words("base64 b64 value val default override plain raw text")

// notSecret are the words that turn the name of a secret into that of a switch, as in
// "--disabled-password" and "ALLOW_EMPTY_PASSWORD".
var notSecret = words("no disabled disable disallow allow without enable enabled empty random " +
	"ask prompt require requires skip")

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// sort is the sort of a name.
type sort int

const (
	plainName  sort = iota
	secretName      // its value is secret
	switchName      // its value is secret after "=" or ":", but the next argument is not its value
	authName        // "auth", which has many meanings: its value is secret if it looks like credentials
	headerName      // "Authorization": its value is the rest of the line and may begin with a scheme
)

// mayEnd has the last two letters of all names of secrets: a quick check for the many
// other names.
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

// sortOf returns the sort of a name.
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

// nameParts returns the words of a name in lower case: com, example, db and password
// for "com.example.dbPassword".
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

// isNameByte reports whether a byte may be part of a name, or of the dashes before a
// flag.
func isNameByte(c byte) bool { return isAlphanumeric(c) || c == '_' || c == '-' || c == '.' }

// hasLower distinguishes names in settings files from environment variables.
func hasLower(name string) bool { return strings.IndexFunc(name, unicode.IsLower) >= 0 }
