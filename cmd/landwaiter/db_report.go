package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// changedFact is an image whose verdict an import changed.
type changedFact struct {
	ImageID string        `json:"imageID"`
	Names   []string      `json:"names"`
	Added   []verdictFact `json:"came"`
	Removed []verdictFact `json:"went"`
}

type verdictFact struct {
	ID       string              `json:"id"`
	Kind     string              `json:"kind"` // "vul" or "virus"
	Severity landwaiter.Severity `json:"severity"`
	Package  string              `json:"package"`
	Version  string              `json:"version"`
	PURL     string              `json:"purl"`
}

func changedFactOf(c store.ChangedImage) changedFact {
	return changedFact{
		ImageID: c.ID,
		Names:   append([]string{}, c.Names...),
		Added:   mapped(c.Added, verdictFactOf),
		Removed: mapped(c.Removed, verdictFactOf),
	}
}

func verdictFactOf(c *store.VerdictChange) verdictFact {
	kind := "vul"
	if c.Malware {
		kind = "virus"
	}
	return verdictFact{
		ID:       c.ID,
		Kind:     kind,
		Severity: c.Severity,
		Package:  c.Package.Name,
		Version:  c.Package.Version,
		PURL:     c.Package.PURL,
	}
}

func changedTable(w io.Writer, images []changedFact) {
	if len(images) == 0 {
		fmt.Fprintln(w, "No image has another verdict than before.")
		return
	}
	fmt.Fprintf(w, "Images with another verdict than before: %d\n", len(images))
	rows := make([][]string, len(images))
	for i, img := range images {
		name := "-"
		if len(img.Names) > 0 {
			name = img.Names[0]
		}
		rows[i] = []string{
			shortImage(img.ImageID), name,
			strconv.Itoa(
				len(img.Added),
			), strconv.Itoa(len(img.Removed)), firstVerdicts(img.Added, "+") + firstVerdicts(img.Removed, "-"),
		}
	}
	columns(w, []string{"IMAGE ID", "NAME", "CAME", "WENT", "WHICH"}, rows)
}

// maxVerdicts is how many of the changes of an image the table names; the
// JSON names all.
const maxVerdicts = 3

func firstVerdicts(list []verdictFact, sign string) string {
	var b strings.Builder
	for _, v := range list[:min(len(list), maxVerdicts)] {
		b.WriteString(sign + v.ID + " ")
	}
	if more := len(list) - maxVerdicts; more > 0 {
		fmt.Fprintf(&b, "%s%d more ", sign, more)
	}
	return b.String()
}
