package main

import (
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/tcss"
)

// printPlan prints what a task would cost.
func printPlan(w io.Writer, p tcss.DescribeLandwaiterScanPlanResponse) {
	fmt.Fprintf(w, "%s to scan", report.Count(p.ImageCnt, "image"))
	for _, left := range []struct {
		n    uint64
		what string
	}{
		{p.UnauthorizedCnt, "not authorized"},
		{p.BusyCnt, "already being scanned"},
		{p.UnreachableCnt, "of them gone from their sources"},
	} {
		if left.n > 0 {
			fmt.Fprintf(w, ", %d %s", left.n, left.what)
		}
	}
	fmt.Fprintf(w, "\n%s, %d of them known, %.1f MB to read",
		report.Count(p.LayerCnt, "layer"), p.KnownLayerCnt, float64(p.Bytes)/1e6)
	if p.Seconds >= 0 {
		fmt.Fprintf(w, ", about %.1f minutes at the speed of recent scans", float64(p.Seconds)/60)
	}
	fmt.Fprintln(w)
	for _, why := range p.Reasons {
		fmt.Fprintf(w, "  %d because %s\n", why.Cnt, why.Name)
	}
	for _, name := range p.FailedSources {
		fmt.Fprintf(w, "  the last sync of source %s failed; see 'landwaiter source list'\n",
			landwaiter.Printable(name))
	}
}
