package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/store"
)

// changedJSON is an image whose findings an import changed.
type changedJSON struct {
	ImageID string        `json:"imageID"`
	Names   []string      `json:"names"`
	Added   []verdictJSON `json:"came"`
	Removed []verdictJSON `json:"went"`
}

type verdictJSON struct {
	ID       string              `json:"id"`
	Kind     string              `json:"kind"` // "vul" or "virus"
	Severity landwaiter.Severity `json:"severity"`
	Package  string              `json:"package"`
	Version  string              `json:"version"`
	PURL     string              `json:"purl"`
}

func changedJSONOf(c store.ChangedImage) changedJSON {
	return changedJSON{
		ImageID: c.ID,
		Names:   append([]string{}, c.Names...),
		Added:   mapped(c.Added, verdictJSONOf),
		Removed: mapped(c.Removed, verdictJSONOf),
	}
}

func verdictJSONOf(c *store.VerdictChange) verdictJSON {
	kind := "vul"
	if c.Malware {
		kind = "virus"
	}
	return verdictJSON{
		ID:       c.ID,
		Kind:     kind,
		Severity: c.Severity,
		Package:  c.Package.Name,
		Version:  c.Package.Version,
		PURL:     c.Package.PURL,
	}
}

func changedTable(w io.Writer, images []changedJSON) {
	if len(images) == 0 {
		fmt.Fprintln(w, "The findings of no image changed.")
		return
	}
	fmt.Fprintf(w, "The findings of %s changed:\n", report.Count(len(images), "image"))
	rows := make([][]string, len(images))
	for i, img := range images {
		name := "-"
		if len(img.Names) > 0 {
			name = img.Names[0]
		}
		rows[i] = []string{
			shortImage(img.ImageID), name, strconv.Itoa(len(img.Added)), strconv.Itoa(len(img.Removed)),
			firstVerdicts(img.Added, "+") + firstVerdicts(img.Removed, "-"),
		}
	}
	columns(w, []string{"IMAGE ID", "NAME", "ADDED", "REMOVED", "FINDINGS"}, rows)
}

// maxVerdicts is how many changes of an image the table names; JSON has all.
const maxVerdicts = 3

func firstVerdicts(list []verdictJSON, sign string) string {
	var b strings.Builder
	for _, v := range list[:min(len(list), maxVerdicts)] {
		b.WriteString(sign + v.ID + " ")
	}
	if more := len(list) - maxVerdicts; more > 0 {
		fmt.Fprintf(&b, "%s%d more ", sign, more)
	}
	return b.String()
}
