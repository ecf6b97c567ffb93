package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// maskedSetting names the version of the masking that all stored images have
// gone through.
const maskedSetting = "masked"

// maskChunk is how many images are masked in one transaction. A config is at
// most 4 MiB, and a few KiB as a rule.
const maskChunk = 100

// Mask returns a config without the secrets in it, and what masks other texts
// of the same image.
type Mask func(landwaiter.ImageConfig) (masked landwaiter.ImageConfig, text func(string) string)

// MaskImages masks what older versions stored of images in clear: the secrets
// in configs and in the build steps of findings. It does nothing when it has
// been done for this version before; images that were stored since are masked
// by those who store them. After it returns, SQLite's file no longer holds
// the old rows, unless another process was reading: then its log may, until
// the next checkpoint.
func (s *DB) MaskImages(ctx context.Context, version string, mask Mask) error {
	var done string
	err := s.r.NewRaw("SELECT value FROM setting WHERE name = ?", maskedSetting).Scan(ctx, &done)
	if done == version || err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if !s.Postgres() {
		if _, err := s.w.ExecContext(ctx, "PRAGMA secure_delete = ON"); err != nil {
			return err
		}
		defer s.w.ExecContext(context.WithoutCancel(ctx), "PRAGMA secure_delete = OFF") //nolint:errcheck // of this connection only
	}
	after, changed := "", false
	for more := true; more; {
		err := s.tx(ctx, func(tx bun.Tx) error {
			next, change, err := maskAfter(ctx, tx, after, mask)
			more, changed = next != "", changed || change
			if more {
				after = next
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	_, err = s.w.NewRaw("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		maskedSetting, version).Exec(ctx)
	if err != nil || s.Postgres() || !changed {
		return err
	}
	_, err = s.w.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// maskAfter masks the next images in the order of their IDs. It returns the
// last one's ID, "" when there are no more.
func maskAfter(ctx context.Context, tx bun.Tx, after string, mask Mask) (last string, changed bool, err error) {
	var rows []struct{ ID, Config string }
	err = tx.NewRaw("SELECT id, config FROM image WHERE id > ? ORDER BY id LIMIT ?", after, maskChunk).Scan(ctx, &rows)
	for _, r := range rows {
		if err != nil {
			return "", false, err
		}
		var config landwaiter.ImageConfig
		if err = json.Unmarshal([]byte(r.Config), &config); err != nil {
			return "", false, err
		}
		masked, text := mask(config)
		var encoded []byte
		if encoded, err = json.Marshal(masked); err != nil {
			return "", false, err
		}
		if stored := clean(string(encoded)); stored != r.Config {
			changed = true
			if _, err = tx.NewRaw("UPDATE image SET config = ? WHERE id = ?", stored, r.ID).Exec(ctx); err != nil {
				return "", false, err
			}
		}
		var change bool
		change, err = maskRisks(ctx, tx, r.ID, text)
		last, changed = r.ID, changed || change
	}
	return last, changed, err
}

// maskRisks masks the build steps in an image's risks.
func maskRisks(ctx context.Context, tx bun.Tx, imageID string, text func(string) string) (changed bool, err error) {
	var rows []struct {
		N           int
		Instruction string
	}
	err = tx.NewRaw("SELECT n, instruction FROM image_risk WHERE image_id = ? AND instruction <> ''", imageID).Scan(ctx, &rows)
	for _, r := range rows {
		if err != nil {
			return false, err
		}
		if masked := clean(text(r.Instruction)); masked != r.Instruction {
			changed = true
			_, err = tx.NewRaw("UPDATE image_risk SET instruction = ? WHERE image_id = ? AND n = ?", masked, imageID, r.N).Exec(ctx)
		}
	}
	return changed, err
}
