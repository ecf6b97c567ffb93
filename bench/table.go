package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

// rows returns the rows of the table for one image.
func rows(im image, subjects []*subject) []string {
	floor := median(subjects[0].costs)
	ours := map[string]cost{}
	var lines []string
	for _, s := range subjects {
		if s.failed {
			lines = append(lines, fmt.Sprintf("| %s | %s | failed | | | | | |", im.name, s.name))
			continue
		}
		c := median(s.costs)
		against := ""
		if s.seeded {
			ours[s.form] = c
		} else {
			against = ratio(ours[s.form].cpu, c.cpu)
		}
		lines = append(lines, fmt.Sprintf("| %s | %s | %.2f | %s | %s | %.2f | %s | %d |", im.name, s.name,
			c.cpu.Seconds(), ratio(c.cpu, floor.cpu), against, c.wall.Seconds(), ratio(c.wall, floor.wall), c.rss>>20))
	}
	return lines
}

// ratio formats a divided by b; it returns "" if one of them is missing.
func ratio(a, b time.Duration) string {
	if a == 0 || b == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a.Seconds()/b.Seconds())
}

// readGaps counts the entries of a report's coverage that are not scanned, by
// analyser, state and reason.
func readGaps(path string) (map[string]int, error) {
	var report struct {
		Images []struct {
			Coverage []struct{ Analyser, State, Reason string }
		}
	}
	if err := readJSON(path, &report); err != nil {
		return nil, err
	}
	gaps := map[string]int{}
	for _, im := range report.Images {
		for _, c := range im.Coverage {
			if c.State != "scanned" {
				gaps[fmt.Sprintf("%s: %s: %s", c.Analyser, c.State, c.Reason)]++
			}
		}
	}
	return gaps, nil
}

// printGaps prints what was not scanned, without which speed means nothing.
func printGaps(images []image, gaps map[string]map[string]int) {
	fmt.Println()
	for _, im := range images {
		for _, gap := range slices.Sorted(maps.Keys(gaps[im.name])) {
			fmt.Printf("%s: %d times %s\n", im.name, gaps[im.name][gap], gap)
		}
	}
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
