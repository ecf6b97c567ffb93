package report

import (
	"strconv"
	"strings"
)

// Count returns a number with its noun: "1 layer", "2 layers", "0 entries". The
// noun is given in the singular and must have a regular plural.
func Count[N ~int | ~uint64](n N, noun string) string {
	text := strconv.FormatUint(uint64(max(n, 0)), 10) + " " + noun
	if n == 1 {
		return text
	}
	if stem, ok := strings.CutSuffix(text, "y"); ok {
		return stem + "ies"
	}
	return text + "s"
}
