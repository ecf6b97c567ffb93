package tcss

import (
	"slices"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// vocabulary maps the names that a list action has for filters and columns to those
// of the store. The store has its own names since actions disagree on theirs; this
// is the only place that knows both.
type vocabulary struct {
	filters map[string]wireFilter
	// orders are the values of By. Others are not refused: SDKs and consoles sort
	// by columns that we do not have, and shall see the list nevertheless.
	orders map[string]store.OrderBy
}

// wireFilter says what a filter of the wire means. It takes any text unless it
// has words or a check.
type wireFilter struct {
	by    landwaiter.FilterBy // "" where all the words are anything or nothing
	words []word              // the documented values
	all   string              // of texts, the one that stands for no filter
	check func(v string) (stored string, ok bool)
	want  string // what check takes, for people
}

// word is a value of a filter, in any case, and what the store calls it.
type word struct{ wire, stored string }

// What a word may mean other than a value of the store.
const (
	anything = "*"  // every row matches
	nothing  = "**" // no row does: the wire knows a state that there is not here
)

// The words of filters that several lists have.
var (
	severityFilter = func(by landwaiter.FilterBy) wireFilter {
		return wireFilter{by: by, check: severityWord, want: "1..4 or LOW, MEDIUM, HIGH, CRITICAL"}
	}
	numberFilter = func(by landwaiter.FilterBy) wireFilter {
		return wireFilter{by: by, check: wholeNumber, want: "a whole number"}
	}

	trueFalse = []word{{"true", store.Yes}, {"false", store.No}}
	oneZero   = []word{{"1", store.Yes}, {"0", store.No}}

	scanStatusFilter = wireFilter{by: store.ByScanState, words: []word{
		{"notScan", store.StateNotScanned}, {"scanning", store.StateScanning}, {"scanned", store.StateScanned},
		{"scanErr", store.StateFailed},
	}}
	securityRiskFilter = wireFilter{by: store.BySecurity, words: []word{
		{"VulCnt", store.HasVulnerability}, {"VirusCnt", store.HasMalware}, {"RiskCnt", store.HasSecret},
		{"IsTrustImage", store.IsTrusted},
		{"CriticalLevelVul", store.HasCritical}, {"HighLevelVul", store.HasHigh}, {"MediumLevelVul", store.HasMedium},
		{"LowLevelVul", store.HasLow},
	}}
)

func text(by landwaiter.FilterBy) wireFilter { return wireFilter{by: by} }

// severityWord reads a severity by its number or by its name.
func severityWord(v string) (string, bool) {
	if len(v) == 1 && v[0] >= '0' && v[0] <= '4' {
		return landwaiter.Severity(v[0] - '0').String(), true
	}
	s, ok := landwaiter.ParseSeverity(v)
	return s.String(), ok && v != ""
}

func wholeNumber(v string) (string, bool) {
	_, err := strconv.ParseInt(v, 10, 64)
	return v, err == nil
}

// translate turns the filters of a request into those of the store.
func (w vocabulary) translate(in []AssetFilters) ([]landwaiter.Filter, error) {
	var out []landwaiter.Filter
	for _, f := range in {
		means, ok := w.filters[f.Name]
		if !ok {
			return nil, landwaiter.Errorf(landwaiter.Invalid, "filter %.64q is not known here; known: %s", f.Name, w.names())
		}
		values, all, err := means.values(f)
		switch {
		case err != nil:
			return nil, err
		case all || len(f.Values) == 0:
			// The filter stays, without values, which match everything: a request for
			// "IsAuthorized ALL" has selected something, and is not refused as empty.
			values = nil
		case len(values) == 0:
			out = append(out, landwaiter.Filter{By: store.ByNothing, Values: []string{f.Name}})
			continue
		}
		if means.by != "" {
			out = append(out, landwaiter.Filter{By: means.by, Values: values, Exact: f.ExactMatch})
		}
	}
	return out, nil
}

// values are what the store calls the values of a filter, without those that
// match nothing; all when one of them matches everything.
func (f wireFilter) values(in AssetFilters) (out []string, all bool, err error) {
	for _, v := range in.Values {
		switch stored, ok := f.value(v); {
		case !ok:
			return nil, false, landwaiter.Errorf(landwaiter.Invalid, "filter %s: %.32q is not %s", in.Name, v, f.allowed())
		case f.words != nil && stored == anything, f.all != "" && v == f.all:
			all = true
		case f.words != nil && stored == nothing:
		default:
			out = append(out, stored)
		}
	}
	return out, all, nil
}

func (f wireFilter) value(v string) (stored string, ok bool) {
	if f.check != nil {
		return f.check(v)
	}
	for _, w := range f.words {
		if strings.EqualFold(w.wire, v) {
			return w.stored, true
		}
	}
	return v, f.words == nil
}

// allowed says what a filter takes, for people.
func (f wireFilter) allowed() string {
	if f.check != nil {
		return f.want
	}
	list := make([]string, len(f.words))
	for i, w := range f.words {
		list[i] = w.wire
	}
	return "one of " + strings.Join(list, ", ")
}

// names lists the filters, for people.
func (w vocabulary) names() string {
	var list []string
	for name := range w.filters {
		list = append(list, name)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
