package storetest

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// maskings masks what was stored in clear, once for each version.
func maskings(t *testing.T, s *db) {
	const images = 250 // more than are masked at once
	for n := range images {
		img := image(n)
		img.Config.Env = []string{"A=clear"}
		check(t, s.Images().Put(ctx, img, store.Place{}))
	}
	risky := image(7)
	rep := &landwaiter.Report{Image: risky, Kinds: landwaiter.ScanRisk, Risks: []landwaiter.Risk{
		{Rule: "a", Severity: landwaiter.Low, Instruction: "RUN clear"}, {Rule: "b", Severity: landwaiter.Low},
	}}
	check(t, s.Reports().Commit(ctx, rep, noMatcher, nil))

	masked := 0
	mask := func(c landwaiter.ImageConfig) (landwaiter.ImageConfig, func(string) string) {
		masked++
		text := func(s string) string { return strings.ReplaceAll(s, "clear", "masked") }
		c.Env = []string{text(c.Env[0])}
		return c, text
	}
	for _, want := range []struct {
		version string
		masked  int
	}{{"1", images}, {"1", images}, {"2", 2 * images}, {"2", 2 * images}} {
		check(t, s.Images().Mask(ctx, want.version, mask))
		same(t, masked, want.masked)
	}
	for n := range images {
		img, err := s.Images().Get(ctx, digest(n))
		check(t, err)
		same(t, img.Config.Env, []string{"A=masked"})
	}
	risks, _, err := s.Findings().Risks(ctx, risky.ID, store.Page{Limit: 10})
	check(t, err)
	if len(risks) != 2 || risks[0].Instruction != "RUN masked" && risks[1].Instruction != "RUN masked" {
		t.Errorf("%+v", risks)
	}
}
