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

// Mask masks what older versions stored of images in clear: the secrets in
// configs and in the build steps of findings. It does nothing when it has been
// done for this version before, and when the database cannot be written;
// images that were stored since are masked by those who store them. After it
// returns, SQLite's file holds nothing of the old rows, unless another process
// was reading: then its log may, until the next checkpoint. For that the file
// is written anew, which needs as much free space as it has bytes. Of several
// processes that call it at once, one works and the others wait.
func (s Images) Mask(ctx context.Context, version string, mask Mask) error {
	if s.db.readOnly() {
		return nil
	}
	done, err := s.masked(ctx)
	if err != nil || done == version {
		return err
	}
	return s.db.WithMigrationLock(ctx, func(ctx context.Context) error {
		if done, err := s.masked(ctx); err != nil || done == version {
			return err // another process was first
		}
		return s.maskAll(ctx, version, mask)
	})
}

// masked returns the version of the masking that was done last, "" for none.
func (s Images) masked(ctx context.Context) (version string, err error) {
	err = s.db.r.NewRaw("SELECT value FROM setting WHERE name = ?", maskedSetting).Scan(ctx, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return version, err
}

func (s Images) maskAll(ctx context.Context, version string, mask Mask) error {
	after := ""
	for more := true; more; {
		err := s.db.tx(ctx, func(tx bun.Tx) error {
			last, err := maskAfter(ctx, tx, after, mask)
			if more = last != ""; more {
				after = last
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if after != "" && !s.db.Postgres() {
		// Pages keep copies of rows that were moved or changed, even with
		// SQLite's secure_delete.
		for _, command := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
			if _, err := s.db.w.ExecContext(ctx, command); err != nil {
				return landwaiter.Errorf(landwaiter.Unavailable, "writing the database anew, without its old rows: %w", err)
			}
		}
	}
	const done = "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
	_, err := s.db.w.NewRaw(done, maskedSetting, version).Exec(ctx)
	return err
}

// maskAfter masks the next images in the order of their IDs. It returns the
// last one's ID, "" when there are no more.
func maskAfter(ctx context.Context, tx bun.Tx, after string, mask Mask) (last string, err error) {
	var rows []struct{ ID, Config string }
	err = tx.NewRaw("SELECT id, config FROM image WHERE id > ? ORDER BY id LIMIT ?", after, maskChunk).Scan(ctx, &rows)
	for _, r := range rows {
		if err == nil {
			last, err = r.ID, maskImage(ctx, tx, r.ID, r.Config, mask)
		}
	}
	return last, err
}

func maskImage(ctx context.Context, tx bun.Tx, id, stored string, mask Mask) error {
	var config landwaiter.ImageConfig
	if err := json.Unmarshal([]byte(stored), &config); err != nil {
		return err
	}
	masked, text := mask(config)
	encoded, err := json.Marshal(masked)
	if err != nil {
		return err
	}
	if now := clean(string(encoded)); now != stored {
		if _, err := tx.NewRaw("UPDATE image SET config = ? WHERE id = ?", now, id).Exec(ctx); err != nil {
			return err
		}
	}
	return maskRisks(ctx, tx, id, text)
}

// maskRisks masks the build steps in an image's risks.
func maskRisks(ctx context.Context, tx bun.Tx, imageID string, text func(string) string) error {
	var rows []struct {
		N           int
		Instruction string
	}
	const steps = "SELECT n, instruction FROM image_risk WHERE image_id = ? AND instruction <> ''"
	err := tx.NewRaw(steps, imageID).Scan(ctx, &rows)
	for _, r := range rows {
		if masked := clean(text(r.Instruction)); err == nil && masked != r.Instruction {
			const change = "UPDATE image_risk SET instruction = ? WHERE image_id = ? AND n = ?"
			_, err = tx.NewRaw(change, masked, imageID, r.N).Exec(ctx)
		}
	}
	return err
}
