package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// MasterKeyEnv names the environment variable that may hold the master key,
// base64 of 32 bytes. Processes that share a PostgreSQL database need the
// same key.
const MasterKeyEnv = "LANDWAITER_MASTER_KEY"

// sealer encrypts secrets at rest with AES-256-GCM. The nonce precedes the
// ciphertext; the row's name is authenticated, so that a sealed value cannot
// be moved to another row. The zero value, of a store that is only read, seals and
// opens nothing.
type sealer struct{ aead cipher.AEAD }

// openSealer takes the key from the environment or from DIR/master.key,
// which it makes on first use.
func openSealer(dir string) (sealer, error) {
	text := os.Getenv(MasterKeyEnv)
	if text == "" {
		var err error
		if text, err = masterKeyFile(filepath.Join(dir, "master.key")); err != nil {
			return sealer{}, err
		}
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != 32 {
		return sealer{}, landwaiter.Errorf(landwaiter.Invalid,
			"the master key (%s or %s) is not base64 of 32 bytes", MasterKeyEnv, filepath.Join(dir, "master.key"))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return sealer{aead}, err
}

// masterKeyFile reads the key file or makes it. Two processes that start at
// once agree, since the file appears whole, by a hard link of a finished one.
func masterKeyFile(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return string(b), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "master.key.*") // mode 0600
	if err != nil {
		return "", err
	}
	defer os.Remove(tmp.Name())
	if _, err = tmp.WriteString(base64.StdEncoding.EncodeToString(key) + "\n"); err == nil {
		err = tmp.Sync()
	}
	tmp.Close()
	if err != nil {
		return "", err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	b, err = os.ReadFile(path)
	return string(b), err
}

func (s sealer) seal(name string, plain []byte) ([]byte, error) {
	if s.aead == nil {
		return nil, noMasterKey(name)
	}
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(nonce, nonce, plain, []byte(name)), nil
}

func (s sealer) open(name string, sealed []byte) ([]byte, error) {
	if s.aead == nil {
		return nil, noMasterKey(name)
	}
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "the sealed value of %s is too short", name)
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(name))
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Corrupt,
			"the secret of %s does not open with this master key; restore the master.key it was made with", name)
	}
	return plain, nil
}

func noMasterKey(name string) error {
	return landwaiter.Errorf(landwaiter.Invalid, "the secret of %s needs a store that is opened for writing", name)
}
