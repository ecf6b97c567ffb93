package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Layers holds what the analysers found in each layer, by diffID, analyser and
// version of the analyser.
//
// After Save returns, no scan reads the layer again for these analysers. Layers
// are shared between images, so only what was verified against its diffID may
// be saved.
type Layers struct{ db *DB }

// Layers gives access to what analysers found in layers.
func (s *DB) Layers() Layers { return Layers{s} }

// facts is what one analyser found in one layer, as stored.
type facts struct {
	OS       landwaiter.OSRelease `json:"os,omitzero"`
	OSPath   string               `json:"osPath,omitempty"`
	Packages []landwaiter.Package `json:"packages,omitempty"`
	Malware  []landwaiter.Malware `json:"malware,omitempty"`
	Risks    []landwaiter.Risk    `json:"risks,omitempty"`
}

type layerRow struct {
	bun.BaseModel `bun:"table:layer,alias:layer"`
	DiffID        string `bun:",pk"`
	Size          int64
	Files         int64
	PathIndex     []byte
	TookMs        int64
}

type analysisRow struct {
	bun.BaseModel `bun:"table:layer_analysis,alias:layer_analysis"`
	DiffID        string
	Analyser      string
	Version       string
	State         string
	Reason        string
	At            int64
	Facts         []byte
}

// Save stores a layer's report, one row for each analyser in its coverage;
// versions gives their versions by name. The diffID must have been verified:
// other images will trust the row.
func (s Layers) Save(ctx context.Context, rep *landwaiter.LayerReport, versions map[string]string) error {
	rows, err := analysisRows(rep, versions, s.db.now())
	if err != nil {
		return err
	}
	layer := layerRow{
		DiffID: rep.DiffID, Size: rep.Size, Files: int64(rep.Files), PathIndex: packIndex(rep.Index),
		TookMs: rep.Took.Milliseconds(),
	}
	return s.db.tx(ctx, func(tx bun.Tx) error {
		// Without bun, which writes bytes into the statement as hexadecimal: the
		// index of two million files has 16 MB.
		const query = `
			INSERT INTO layer (diff_id, size, files, path_index, took_ms)
			VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT DO NOTHING`
		_, err := tx.Tx.ExecContext(ctx, query,
			layer.DiffID, layer.Size, layer.Files, layer.PathIndex, layer.TookMs)
		if err != nil {
			return err
		}
		return insert(ctx, tx, rows, func(q *bun.InsertQuery) *bun.InsertQuery {
			return q.On("CONFLICT (diff_id, analyser, version) DO UPDATE").
				Set("state = excluded.state").Set("reason = excluded.reason").Set("at = excluded.at").Set("facts = excluded.facts")
		})
	})
}

func analysisRows(rep *landwaiter.LayerReport, versions map[string]string, at int64) ([]analysisRow, error) {
	var rows []analysisRow
	for _, c := range rep.Coverage {
		var f facts
		if c.Analyser == landwaiter.AnalyserPackages {
			f = facts{OS: rep.OS, OSPath: rep.OSPath, Packages: rep.Packages}
		}
		for _, m := range rep.Malware {
			if m.Analyser == c.Analyser {
				f.Malware = append(f.Malware, m)
			}
		}
		for _, r := range rep.Risks {
			if r.Analyser == c.Analyser {
				f.Risks = append(f.Risks, r)
			}
		}
		packed, err := pack(f)
		if err != nil {
			return nil, err
		}
		rows = append(rows, analysisRow{
			DiffID: rep.DiffID, Analyser: c.Analyser, Version: versions[c.Analyser],
			State: string(c.State), Reason: clean(c.Reason), At: at, Facts: packed,
		})
	}
	return rows, nil
}

// Missing returns, for each of the layers, the analysers of want that have no
// stored result. A layer with nothing missing is not in the map.
func (s Layers) Missing(
	ctx context.Context, diffIDs []string, want []landwaiter.Analyser,
) (map[string][]string, error) {
	have := map[string]bool{}
	for _, part := range chunks(diffIDs, insertChunk) {
		var rows []analysisRow
		err := s.db.r.NewSelect().Model(&rows).Column("diff_id", "analyser", "version").
			Where("diff_id IN (?)", bun.List(part)).Scan(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			have[r.DiffID+r.Analyser+"@"+r.Version] = true
		}
	}
	missing := map[string][]string{}
	for _, id := range diffIDs {
		if _, seen := missing[id]; seen {
			continue
		}
		for _, a := range want {
			if !have[id+a.Name+"@"+a.Version] {
				missing[id] = append(missing[id], a.Name)
			}
		}
	}
	return missing, nil
}

// Report puts a layer's stored facts together for the given analysers.
// NotFound when the layer was never read.
func (s Layers) Report(
	ctx context.Context, diffID string, want []landwaiter.Analyser,
) (*landwaiter.LayerReport, error) {
	var layer layerRow
	err := s.db.r.NewSelect().Model(&layer).Where("diff_id = ?", diffID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, landwaiter.Errorf(landwaiter.NotFound, "layer %s was never read", diffID)
	}
	if err != nil {
		return nil, err
	}
	rep := &landwaiter.LayerReport{
		DiffID: diffID, Size: layer.Size, Files: int(layer.Files), Index: unpackIndex(layer.PathIndex),
	}
	var rows []analysisRow
	if err := s.db.r.NewSelect().Model(&rows).Where("diff_id = ?", diffID).Order("analyser").Scan(ctx); err != nil {
		return nil, err
	}
	for _, a := range want {
		for _, row := range rows {
			if row.Analyser == a.Name && row.Version == a.Version {
				if err := addFacts(rep, row); err != nil {
					return nil, err
				}
			}
		}
	}
	return rep, nil
}

func addFacts(rep *landwaiter.LayerReport, row analysisRow) error {
	var f facts
	if err := unpack(row.Facts, &f); err != nil {
		return fmt.Errorf("stored facts of layer %s: %w", row.DiffID, err)
	}
	if row.Analyser == landwaiter.AnalyserPackages {
		rep.OS, rep.OSPath, rep.Packages = f.OS, f.OSPath, f.Packages
	}
	for _, m := range f.Malware {
		m.Analyser = row.Analyser // the rows of earlier versions do not name it
		rep.Malware = append(rep.Malware, m)
	}
	rep.Risks = append(rep.Risks, f.Risks...)
	rep.Coverage = append(rep.Coverage, landwaiter.Coverage{
		Layer: row.DiffID, Analyser: row.Analyser, State: landwaiter.CoverageState(row.State), Reason: row.Reason,
	})
	return nil
}

func packIndex(index landwaiter.PathIndex) []byte {
	b := make([]byte, 0, 8*len(index))
	for _, h := range index {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	return b
}

func unpackIndex(b []byte) landwaiter.PathIndex {
	index := make(landwaiter.PathIndex, len(b)/8)
	for i := range index {
		index[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return index
}

// One encoder and one decoder serve all calls: EncodeAll and DecodeAll are
// safe for concurrent use (package zstd). The decoder's memory is bounded,
// as rows may come from a damaged database.
var (
	zstdEncoder, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	zstdDecoder, _ = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(1<<30), zstd.WithDecoderConcurrency(2))
)

// pack stores a value as zstd of its JSON.
func pack(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return zstdEncoder.EncodeAll(b, make([]byte, 0, len(b)/4+64)), nil
}

func unpack(b []byte, v any) error {
	plain, err := zstdDecoder.DecodeAll(b, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}
