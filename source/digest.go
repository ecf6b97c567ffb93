package source

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Digest returns the SHA-256 digest of b, "sha256:" and 64 hex digits.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// CheckDigest returns an error unless d is a SHA-256 digest in its canonical
// form. A digest that passed is safe as a path element.
func CheckDigest(d string) error {
	digits, ok := strings.CutPrefix(d, "sha256:")
	if ok && len(digits) == hex.EncodedLen(sha256.Size) && strings.Trim(digits, "0123456789abcdef") == "" {
		return nil
	}
	if strings.HasPrefix(d, "sha512:") {
		return landwaiter.Errorf(landwaiter.Unsupported,
			"the image uses sha512 digests, which are not supported: rebuild it with the default sha256")
	}
	return landwaiter.Errorf(landwaiter.Corrupt, "%.80q is not a digest: want sha256: and 64 hex digits", d)
}

// ReadDocument reads a config, manifest or index of at most MaxDocument bytes
// and, unless digest is "", checks its digest.
func ReadDocument(r io.Reader, digest string) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > MaxDocument {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "image document of more than %d bytes, the limit", MaxDocument)
	}
	if digest != "" && Digest(raw) != digest {
		return nil, landwaiter.Errorf(landwaiter.Corrupt,
			"the content of %s has the digest %s: the image is damaged, pull or save it again", digest, Digest(raw))
	}
	return raw, nil
}
