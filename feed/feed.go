// Package feed imports advisory data into the store, from files or over HTTP, and
// re-matches the stored packages that a change concerns.
package feed

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/advisory"
	"github.com/landwaiter/landwaiter/match"
	"github.com/landwaiter/landwaiter/store"
)

// Result says what an import or update did.
type Result struct {
	Records     int      // read
	Unchanged   int      // dumps skipped, because the same bytes were imported before
	Changed     int      // of them new or changed
	Enrichments int      // enrichment entries read
	Lifecycles  int      // release lines read
	Rematched   int      // stored package versions re-matched
	Skipped     int      // records and files that could not be read
	Reasons     []string // the first few reasons

	// Changes are the verdicts on stored package versions that were added or
	// removed. [store.Verdicts.ChangedImages] lists their images.
	Changes []store.VerdictChange
}

// Import reads files and folders (see [advisory.Walk]) into the store, and re-matches the stored packages that the new
// data concerns by m. Records whose bytes are stored already are skipped before they are parsed. Progress, if not nil,
// receives the bytes done and in all.
//
// A file that fails, such as a damaged dump, does not keep the others from being imported: its ecosystem keeps its last
// good data and the reason ([store.Advisories.Parts]), and the error names the file. The kind
// is that of the first failure.
// The Result is what was done, with and without an error.
func Import(
	ctx context.Context, s *store.DB, m store.Matcher, paths []string, progress func(done, total int64),
) (Result, error) {
	in, err := newIntake(ctx, s, m)
	if err != nil {
		return Result{}, err
	}
	sum, err := advisory.Walk(ctx, paths, advisory.Handler{
		Records: in.records, Enrichments: in.enrichments, Lifecycles: in.lifecycles, Progress: progress,
		Seen: func(sum [32]byte) (bool, error) { return s.Advisories().Imported(ctx, sum[:]) },
		Done: func(sum [32]byte) error {
			in.dumps = append(in.dumps, sum[:])
			return nil
		},
	})
	in.result.Unchanged = sum.Unchanged
	in.result.Skipped += sum.Skipped
	in.result.Reasons = append(in.result.Reasons, sum.Reasons...)
	if err != nil {
		return in.result, err
	}
	for _, f := range sum.Failed {
		if f.Ecosystem == "" {
			continue
		}
		if err := s.Advisories().PutPartError(ctx, f.Ecosystem, f.Err); err != nil {
			return in.result, err
		}
	}
	res, err := in.finish()
	if err == nil {
		err = failures(sum.Failed)
	}
	return res, err
}

// maxNamed is how many failed files an error names.
const maxNamed = 10

// failures is the error of the files that failed; nil if none did.
func failures(list []advisory.Failure) error {
	if len(list) == 0 {
		return nil
	}
	var names []string
	for _, f := range list[:min(len(list), maxNamed)] {
		names = append(names, fmt.Sprintf("%s: %v", f.Path, f.Err))
	}
	if more := len(list) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return landwaiter.Errorf(landwaiter.KindOf(list[0].Err),
		"%d files could not be imported, and their last good data is kept: %s", len(list), strings.Join(names, "; "))
}

// intake stores what is read, and records what must be re-matched.
type intake struct {
	ctx     context.Context
	store   *store.DB
	matcher store.Matcher
	result  Result
	stale   store.Stale
	parts   map[string]*store.Part
	verdict map[verdict]store.VerdictChange
	dumps   [][]byte // hashes of the completely imported dumps
	now     time.Time

	binaries map[store.SourceBinary]bool // stored by this import
}

func newIntake(ctx context.Context, s *store.DB, m store.Matcher) (*intake, error) {
	pending, err := s.Verdicts().RematchPending(ctx, match.Rules)
	return &intake{
		ctx: ctx, store: s, matcher: m, stale: store.Stale{All: pending}, parts: map[string]*store.Part{},
		verdict: map[verdict]store.VerdictChange{}, now: time.Now(), binaries: map[store.SourceBinary]bool{},
	}, err
}

// maxReasons is how many reasons a Result keeps.
const maxReasons = 20

func (in *intake) records(b advisory.Batch) error {
	in.result.Records += len(b.Records)
	hashes := make(map[string][]byte, len(b.Records))
	for i := range b.Records {
		hashes[b.Records[i].ID] = b.Records[i].Hash[:]
	}
	same, err := in.store.Advisories().Unchanged(in.ctx, hashes)
	if err != nil {
		return err
	}
	var fresh []advisory.Record
	for _, r := range b.Records {
		if !same[r.ID] {
			fresh = append(fresh, r)
		}
	}
	if b.Ecosystem != "" {
		in.part(b.Ecosystem)
	}
	return in.put(b.Ecosystem, fresh)
}

// put parses and stores changed records.
func (in *intake) put(ecosystem string, fresh []advisory.Record) error {
	if len(fresh) == 0 {
		return nil
	}
	parsed, errs := advisory.ParseAll(fresh)
	var list []store.NewAdvisory
	for i, a := range parsed {
		if a == nil {
			in.skip(fmt.Errorf("%s: %w", fresh[i].ID, errs[i]))
			continue
		}
		n := store.NewAdvisory{Advisory: a, Hash: fresh[i].Hash[:], CVEs: match.CVEs(a)}
		n.Keys = match.AdvisoryKeys(a)
		list = append(list, n)
		if p := in.part(cmp.Or(ecosystem, ecosystemOf(a))); a.Modified.After(p.Newest) && !a.Modified.After(in.now) {
			p.Newest = a.Modified
		}
	}
	in.result.Changed += len(list)
	stale, err := in.store.Advisories().Put(in.ctx, list)
	in.stale.Add(stale)
	if err != nil {
		return err
	}
	return in.putBinaries(list)
}

// putBinaries stores which binary packages sources are built into. Thousands of
// records repeat them, so that each is written once.
func (in *intake) putBinaries(list []store.NewAdvisory) error {
	var fresh []store.SourceBinary
	for _, a := range list {
		for i := range a.Affected {
			f := &a.Affected[i]
			for _, name := range f.Binaries {
				b := store.SourceBinary{Ecosystem: landwaiter.Stream(f.Ecosystem), Name: name, Source: f.Name}
				if !in.binaries[b] {
					in.binaries[b] = true
					fresh = append(fresh, b)
				}
			}
		}
	}
	return in.store.Advisories().PutBinaries(in.ctx, fresh)
}

// ecosystemOf is the part of a record that is not in the folder of a dump: the
// ecosystem of its first package, without the release.
func ecosystemOf(a *landwaiter.Advisory) string {
	if len(a.Affected) == 0 {
		return "none"
	}
	base, _, _ := strings.Cut(a.Affected[0].Ecosystem, ":")
	return base
}

// skip counts a record that cannot be read.
func (in *intake) skip(reason error) {
	in.result.Skipped++
	if len(in.result.Reasons) < maxReasons {
		in.result.Reasons = append(in.result.Reasons, reason.Error())
	}
}

func (in *intake) part(ecosystem string) *store.Part {
	p := in.parts[ecosystem]
	if p == nil {
		p = &store.Part{Ecosystem: ecosystem, Imported: in.now}
		in.parts[ecosystem] = p
	}
	return p
}

func (in *intake) enrichments(list []landwaiter.Enrichment) error {
	in.result.Enrichments += len(list)
	stale, err := in.store.Advisories().PutEnrichment(in.ctx, list)
	in.stale.Add(stale)
	return err
}

func (in *intake) lifecycles(list []landwaiter.Lifecycle) error {
	in.result.Lifecycles += len(list)
	return in.store.Advisories().PutLifecycles(in.ctx, list)
}

// finish re-matches and records the state of the parts.
func (in *intake) finish() (Result, error) {
	matcher := in.matcher
	matcher.Changed = in.note
	n, err := in.store.Verdicts().Rematch(in.ctx, in.stale, matcher)
	in.result.Rematched = n
	for _, c := range in.verdict {
		in.result.Changes = append(in.result.Changes, c)
	}
	if err != nil {
		return in.result, err
	}
	if err := in.putParts(); err != nil {
		return in.result, err
	}
	return in.result, in.store.Advisories().EndImport(in.ctx, in.dumps, match.Rules)
}

// verdict names a flaw of a package version.
type verdict struct {
	packageID int64
	id        string
	malware   bool
}

// note records a change. A verdict that one import adds and removes, or removes and
// adds, is no change; a repeated change counts once.
func (in *intake) note(c store.VerdictChange) {
	k := verdict{c.PackageID, c.ID, c.Malware}
	if before, ok := in.verdict[k]; ok && before.Added != c.Added {
		delete(in.verdict, k)
		return
	}
	in.verdict[k] = c
}

// putParts counts the records of the parts that were imported. It keeps what this
// import did not report: the newest change if all records were known, and the cursor
// of updates.
func (in *intake) putParts() error {
	known, err := in.store.Advisories().Parts(in.ctx)
	if err != nil {
		return err
	}
	for _, old := range known {
		if p := in.parts[old.Ecosystem]; p != nil {
			p.ETag = cmp.Or(p.ETag, old.ETag)
			p.LastModified = cmp.Or(p.LastModified, old.LastModified)
			if p.Cursor.IsZero() {
				p.Cursor = old.Cursor
			}
			if old.Newest.After(p.Newest) {
				p.Newest = old.Newest
			}
		}
	}
	for _, p := range in.parts {
		if p.Records, err = in.store.Advisories().Count(in.ctx, p.Ecosystem); err != nil {
			return err
		}
		if err := in.store.Advisories().PutPart(in.ctx, *p); err != nil {
			return err
		}
	}
	return nil
}
