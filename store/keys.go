package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"math/big"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Keys holds the API keys. Secrets are sealed at rest. A revoked or expired key
// is not found by Get.
type Keys struct{ db *DB }

// Keys gives access to the API keys.
func (s *DB) Keys() Keys { return Keys{s} }

// The roles of a key: an admin may call every action, a reader only those
// that describe.
const (
	RoleAdmin  = "admin"
	RoleReader = "reader"
)

// Key is an API key. Secret is filled only where a method says so.
type Key struct {
	ID      string // SecretId, "AKID" + 32 letters and digits
	Secret  string // SecretKey, 32 letters and digits
	Role    string
	Created time.Time
	Revoked time.Time // zero while the key is good

	// A temporary key is good until Expires, and only together with Token,
	// which CreateTemporaryKey alone returns.
	Expires time.Time // zero for a lasting key
	Token   string

	tokenHash []byte
}

// Temporary reports whether the key needs a token.
func (k Key) Temporary() bool { return len(k.tokenHash) > 0 }

// CheckToken reports whether a request with the key may carry the token: its
// own for a temporary key, none for a lasting one. The time it takes does not
// depend on where they differ.
func (k Key) CheckToken(token string) bool {
	if !k.Temporary() {
		return token == ""
	}
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], k.tokenHash) == 1
}

type keyRow struct {
	bun.BaseModel `bun:"table:api_key,alias:api_key"`
	ID            string `bun:",pk"`
	Secret        []byte
	Role          string
	CreatedAt     int64
	RevokedAt     int64
	TokenHash     []byte
	ExpiresAt     int64
}

func (k keyRow) key() Key {
	return Key{ID: k.ID, Role: k.Role, Created: fromMillis(k.CreatedAt), Revoked: fromMillis(k.RevokedAt),
		Expires: fromMillis(k.ExpiresAt), tokenHash: k.TokenHash}
}

// Create makes a key and returns it with its secret, for the only time.
func (s Keys) Create(ctx context.Context, role string) (Key, error) {
	return s.db.createKey(ctx, role, 0)
}

// CreateTemporary makes a key that is good for a while and needs its token;
// secret and token are returned for the only time.
func (s Keys) CreateTemporary(ctx context.Context, role string, life time.Duration) (Key, error) {
	if life <= 0 {
		return Key{}, landwaiter.Errorf(landwaiter.Invalid, "a temporary key needs a life longer than %s", life)
	}
	return s.db.createKey(ctx, role, life)
}

func (s *DB) createKey(ctx context.Context, role string, life time.Duration) (Key, error) {
	if role != RoleAdmin && role != RoleReader {
		return Key{}, landwaiter.Errorf(landwaiter.Invalid, "role %q: want admin or reader", role)
	}
	k := Key{ID: "AKID" + randomText(32), Secret: randomText(32), Role: role, Created: s.clock().UTC()}
	sealed, err := s.seal.seal(k.ID, []byte(k.Secret))
	if err != nil {
		return Key{}, err
	}
	if life > 0 {
		k.Token, k.Expires = randomText(48), k.Created.Add(life)
		sum := sha256.Sum256([]byte(k.Token))
		k.tokenHash = sum[:]
	}
	row := keyRow{
		ID: k.ID, Secret: sealed, Role: role, CreatedAt: millis(k.Created), TokenHash: k.tokenHash,
		ExpiresAt: millis(k.Expires),
	}
	if _, err := s.w.NewInsert().Model(&row).Exec(ctx); err != nil {
		return Key{}, err
	}
	return k, nil
}

// Get returns a good key with its secret. NotFound when there is none, or it
// was revoked or has expired.
func (s Keys) Get(ctx context.Context, id string) (Key, error) {
	var row keyRow
	err := s.db.r.NewSelect().Model(&row).Where("id = ? AND revoked_at = 0 AND (expires_at = 0 OR expires_at > ?)",
		clean(id), s.db.now()).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Key{}, landwaiter.Errorf(landwaiter.NotFound, "no such key")
	}
	if err != nil {
		return Key{}, err
	}
	secret, err := s.db.seal.open(row.ID, row.Secret)
	if err != nil {
		return Key{}, err
	}
	k := row.key()
	k.Secret = string(secret)
	return k, nil
}

// List lists all keys, oldest first, without secrets.
func (s Keys) List(ctx context.Context) ([]Key, error) {
	var rows []keyRow
	if err := s.db.r.NewSelect().Model(&rows).Order("created_at", "id").Scan(ctx); err != nil {
		return nil, err
	}
	keys := make([]Key, len(rows))
	for i, r := range rows {
		keys[i] = r.key()
	}
	return keys, nil
}

// Revoke ends the validity of a key. NotFound if there is no such active key.
func (s Keys) Revoke(ctx context.Context, id string) error {
	const query = "UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at = 0"
	res, err := s.db.w.NewRaw(query, s.db.now(), id).Exec(ctx)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return landwaiter.Errorf(landwaiter.NotFound, "no active key %s; see 'landwaiter key list'", id)
	}
	return nil
}

// randomText returns n letters and digits, about 5.95 bits each.
func randomText(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		k, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			panic(err) // crypto/rand never fails on a supported system
		}
		b[i] = alphabet[k.Int64()]
	}
	return string(b)
}
