package advisory

import (
	"bufio"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
)

// Limits of a CSV file, decompressed. EPSS has 300,000 lines of 40 bytes,
// Vulnrichment 90 bytes a line.
const (
	maxCSV     = 256 << 20 // bytes
	maxLine    = 64 << 10  // bytes
	maxColumns = 64
)

// enrichmentBatch is how many CVEs are delivered at a time.
const enrichmentBatch = 5000

// row is a line of a CSV file by column name.
type row struct {
	columns map[string]int
	fields  []string
}

// get returns a column, "" when the file or the line has none.
func (r row) get(column string) string {
	if i, ok := r.columns[column]; ok && i < len(r.fields) {
		return r.fields[i]
	}
	return ""
}

// readCSV reads a file of enrichment by CVE or the releases of distro-info, which
// the header distinguishes. Any other file is errForeign.
func readCSV(r io.Reader, enrichments func([]landwaiter.Enrichment) error,
	lifecycles func([]landwaiter.Lifecycle) error) error {
	s := bufio.NewScanner(io.LimitReader(r, maxCSV))
	s.Buffer(nil, maxLine)
	header := row{}
	for header.fields == nil && s.Scan() {
		if line := s.Text(); line != "" && line[0] != '#' { // EPSS starts with a comment
			header.fields = splitLine(line)
		}
	}
	header.columns = make(map[string]int, len(header.fields))
	for i, name := range header.fields {
		header.columns[name] = i
	}
	_, byCVE := header.columns["cve"]
	_, eol := header.columns["eol"]
	switch {
	case byCVE:
		return readCVEs(s, header.columns, enrichments)
	case eol && header.fields[0] == "version":
		return readDistroInfo(s, header.columns, lifecycles)
	}
	return errForeign
}

func splitLine(line string) []string {
	line = strings.TrimSuffix(line, "\r")
	if !strings.Contains(line, `"`) {
		return strings.SplitN(line, ",", maxColumns)
	}
	fields, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		return nil
	}
	return fields[:min(len(fields), maxColumns)]
}

// readCVEs reads enrichment by CVE from the columns cve, vector (CVSS), exploitation
// (SSVC), kev_date, epss and cwes, in any order and number. Lines without a CVE or
// without data are skipped.
func readCVEs(s *bufio.Scanner, columns map[string]int, emit func([]landwaiter.Enrichment) error) error {
	var list []landwaiter.Enrichment
	for s.Scan() {
		e := enrichment(row{columns, splitLine(s.Text())})
		if !isCVE(e.CVE) || e.CVSSVector == "" && e.KEV.IsZero() && e.EPSS == 0 && e.Exploit == "" && len(e.CWEs) == 0 {
			continue
		}
		list = append(list, e)
		if len(list) == enrichmentBatch {
			if err := emit(list); err != nil {
				return err
			}
			list = nil
		}
	}
	if err := s.Err(); err != nil {
		return landwaiter.Errorf(landwaiter.Corrupt, "the CSV file breaks off: %w", err)
	}
	if len(list) == 0 {
		return nil
	}
	return emit(list)
}

func enrichment(r row) landwaiter.Enrichment {
	e := landwaiter.Enrichment{
		CVE:  r.get("cve"),
		KEV:  day(r.get("kev_date")),
		CWEs: validCWEs(strings.Split(r.get("cwes"), ",")),
	}
	if s, ok := match.ParseCVSS(r.get("vector")); ok {
		e.CVSSVector = s.Vector
	}
	switch word := strings.ToLower(r.get("exploitation")); word {
	case "none", "poc", "active":
		e.Exploit = word
	}
	if p, err := strconv.ParseFloat(r.get("epss"), 64); err == nil && p > 0 && p <= 1 {
		e.EPSS = p
	}
	return e
}

// readDistroInfo reads Debian's distro-info-data. A release gets updates until the
// latest of the dates that need no contract: eol, eol-lts of Debian, eol-server of
// Ubuntu. Releases without number or date are skipped.
func readDistroInfo(s *bufio.Scanner, columns map[string]int, emit func([]landwaiter.Lifecycle) error) error {
	product := "debian"
	if _, ok := columns["eol-server"]; ok {
		product = "ubuntu"
	}
	var list []landwaiter.Lifecycle
	for s.Scan() {
		r := row{columns, splitLine(s.Text())}
		cycle, _, _ := strings.Cut(r.get("version"), " ") // "22.04 LTS"
		last := latest(day(r.get("eol")), day(r.get("eol-lts")), day(r.get("eol-server")))
		if cycle != "" && !last.IsZero() {
			list = append(list, landwaiter.Lifecycle{Product: product, Cycle: cycle, EOL: last.AddDate(0, 0, 1)})
		}
	}
	if err := s.Err(); err != nil {
		return landwaiter.Errorf(landwaiter.Corrupt, "the CSV file breaks off: %w", err)
	}
	if len(list) == 0 {
		return nil
	}
	return emit(list)
}

func latest(times ...time.Time) time.Time {
	var out time.Time
	for _, t := range times {
		if t.After(out) {
			out = t
		}
	}
	return out
}
