package advisory

import (
	"context"
	"runtime"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/realtest"
)

func TestWalkSharedDump(t *testing.T) {
	dump := realtest.Shared(t, "data", "osv")
	ids := map[string]bool{}
	affected, malicious, withdrawn := 0, 0, 0
	var last, total int64
	sum, err := Walk(context.Background(), []string{dump}, Handler{
		Records: func(b Batch) error {
			list, errs := ParseAll(b.Records)
			for i, a := range list {
				if a == nil {
					t.Errorf("%s: %v", b.Records[i].ID, errs[i])
					continue
				}
				ids[a.ID] = true
				affected += len(a.Affected)
				if a.Malicious() {
					malicious++
				}
				if !a.Withdrawn.IsZero() {
					withdrawn++
				}
			}
			return nil
		},
		Progress: func(done, all int64) {
			if done < last || all < done {
				t.Errorf("progress went from %d to %d of %d", last, done, all)
			}
			last, total = done, all
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Records < 80_000 || len(ids) < 80_000 || sum.Skipped != 0 || affected < 150_000 || malicious < 30_000 ||
		withdrawn < 300 {
		t.Errorf("records %d, distinct %d, skipped %d %v, affected %d, malicious %d, withdrawn %d", sum.Records, len(ids),
			sum.Skipped, sum.Reasons, affected, malicious, withdrawn)
	}
	if last != total || total == 0 {
		t.Errorf("the progress ended at %d of %d", last, total)
	}
}

func TestWalkSharedEnrichment(t *testing.T) {
	dir := realtest.Shared(t, "data", "enrich")
	cves := map[string]landwaiter.Enrichment{}
	cycles := map[string]landwaiter.Lifecycle{}
	sum, err := Walk(context.Background(), []string{dir}, Handler{
		Enrichments: func(list []landwaiter.Enrichment) error {
			for _, e := range list {
				have := cves[e.CVE]
				if e.CVSSVector != "" {
					have.CVSSVector = e.CVSSVector
				}
				if !e.KEV.IsZero() {
					have.KEV = e.KEV
				}
				cves[e.CVE] = have
			}
			return nil
		},
		Lifecycles: func(list []landwaiter.Lifecycle) error {
			for _, l := range list {
				cycles[l.Product+" "+l.Cycle] = l
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Enrichments < 40_000 || sum.Records != 0 {
		t.Errorf("enrichments %d, records %d", sum.Enrichments, sum.Records)
	}
	if cves["CVE-2021-44228"].KEV.IsZero() {
		t.Error("CVE-2021-44228 is not in KEV")
	}
	for release, day := range map[string]string{
		"debian 12": "2028-06-30", "alpine 3.11": "2021-11-01", "ubuntu 22.04": "", "amzn 2": "2026-06-30",
		"rocky 9": "2032-05-31", "opensuse-leap 15.6": "2026-04-30", "centos 9": "2027-05-31",
	} {
		l, ok := cycles[release]
		if !ok || day != "" && l.EOL.Format("2006-01-02") != day {
			t.Errorf("%s ends %v, want %s", release, l.EOL, day)
		}
	}
}

// BenchmarkImport reports what an import costs beside the store: reading and
// hashing every record of the shared dump, with and without parsing.
func BenchmarkImport(b *testing.B) {
	dump := realtest.Shared(b, "data", "osv")
	for name, parse := range map[string]bool{"parse": true, "unchanged": false} {
		b.Run(name, func(b *testing.B) {
			records, bytes := 0, 0
			for b.Loop() {
				_, err := Walk(context.Background(), []string{dump}, Handler{Records: func(batch Batch) error {
					records += len(batch.Records)
					for _, r := range batch.Records {
						bytes += len(r.Raw)
					}
					if parse {
						ParseAll(batch.Records)
					}
					return nil
				}})
				if err != nil {
					b.Fatal(err)
				}
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.SetBytes(int64(bytes / b.N))
			b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(m.HeapSys)/1e6, "heap-MB")
		})
	}
}
