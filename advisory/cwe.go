package advisory

import (
	"encoding/json"
	"strings"
)

// maxCWEs is how many weaknesses of a record are kept; the most known are 12.
const maxCWEs = 32

// cweList reads a list of weaknesses. Some publishers write IDs, others objects with
// an ID.
func cweList(raw json.RawMessage) []string {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	var out []string
	for _, item := range items[:min(len(items), maxCWEs)] {
		var object struct {
			ID string `json:"cweId"`
		}
		if id := text(item); id != "" {
			out = append(out, id)
		} else if json.Unmarshal(item, &object) == nil {
			out = append(out, object.ID)
		}
	}
	return out
}

// validCWEs returns the distinct weaknesses ("CWE-79"); nil for none.
func validCWEs(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, id := range list {
		id = strings.TrimSpace(id)
		number, ok := strings.CutPrefix(id, "CWE-")
		if !ok || number == "" || len(number) > 5 || strings.Trim(number, "0123456789") != "" || seen[id] ||
			len(out) == maxCWEs {
			continue
		}
		seen[id] = true
		out = append(out, id)
	}
	return out
}

// recordCWEs returns the weaknesses that a record names, or its entries.
func recordCWEs(r *record) []string {
	list := r.Database.cwes
	for i := range r.Affected {
		list = append(list, r.Affected[i].Database.cwes...)
	}
	return validCWEs(list)
}
