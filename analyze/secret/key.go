package secret

import (
	"bytes"
	"regexp"

	"github.com/landwaiter/landwaiter/analyze/rule"
)

const (
	// maxPEM bounds a key: RSA of 16,384 bits is 12 KiB, a PGP key ring more.
	maxPEM = 64 << 10
	// minKeyBody is the least base64 in a private key: PKCS #8 of Ed25519 has 64
	// characters. Documentation shows "..." instead.
	minKeyBody = 60
	// minVariety is the least number of distinct characters in the body; base64
	// of key material of that length has 35 and more, "AAAA..." has one.
	minVariety = 20
)

const (
	pemKeyword   = "-----BEGIN "
	puttyKeyword = "PuTTY-User-Key-File-"
)

var pemBegin = regexp.MustCompile(
	`^-----BEGIN ((?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?)-----`)

// pemKey returns the rule and the length of the private key in PEM at the start of
// data; length is 0 if there is no plausible one.
func pemKey(data []byte) (id string, length int) {
	m := pemBegin.FindSubmatch(data[:min(len(data), 64)])
	if m == nil {
		return "", 0
	}
	data = data[:min(len(data), maxPEM)]
	body := data[len(m[0]):]
	stop := bytes.Index(body, append([]byte("-----END "), m[1]...))
	if stop < 0 || !plausibleBody(body[:stop]) {
		return "", 0
	}
	if bytes.Contains(m[1], []byte("ENCRYPTED")) || isEncrypted(body[:stop]) {
		return rule.EncryptedPrivateKey, len(m[0]) + stop
	}
	return rule.PrivateKey, len(m[0]) + stop
}

// isEncrypted reports whether a PEM body has the encryption header of RFC 1421, or is
// an OpenSSH key whose cipher is not "none", which the start of its base64 shows.
func isEncrypted(body []byte) bool {
	if bytes.Contains(body[:min(len(body), 256)], []byte("Proc-Type: 4,ENCRYPTED")) {
		return true
	}
	// "openssh-key-v1\0", four bytes of length, then the cipher: "aes..." and
	// "none" differ behind the fixed prefix.
	text := bytes.TrimLeft(body, "\r\n\\nr ")
	return bytes.HasPrefix(text, []byte("b3BlbnNzaC1rZXktdjEAAAAA")) &&
		!bytes.HasPrefix(text, []byte("b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"))
}

// plausibleBody reports whether a PEM body is key material: enough base64 of enough
// variety, and nothing else but line breaks, also escaped as in JSON, and headers of
// RFC 1421.
func plausibleBody(body []byte) bool {
	base64, variety := 0, [256]bool{}
	distinct := 0
	for line := range bytes.Lines(bytes.ReplaceAll(body, []byte(`\n`), []byte("\n"))) {
		if bytes.Contains(line, []byte(": ")) {
			continue // a header
		}
		for _, c := range line {
			switch {
			case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/', c == '=':
				base64++
				if !variety[c] {
					variety[c] = true
					distinct++
				}
			case c == ' ', c == '\t', c == '\r', c == '\n', c == '\\', c == '"', c == '\'', c == ',':
			default:
				return false
			}
		}
	}
	return base64 >= minKeyBody && distinct >= minVariety
}

// puttyKey is like pemKey for a PuTTY key file. Appendix C of the PuTTY manual
// describes the format.
func puttyKey(data []byte) (id string, length int) {
	data = data[:min(len(data), maxPEM)]
	private := bytes.Index(data, []byte("\nPrivate-Lines: "))
	if private < 0 {
		return "", 0
	}
	if bytes.Contains(data[:private], []byte("\nEncryption: none")) {
		return rule.PuTTYKey, private
	}
	return rule.EncryptedPrivateKey, private
}
