package main

import (
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/tcss"
)

// printPlan says what a task would cost.
func printPlan(w io.Writer, p tcss.DescribeLandwaiterScanPlanResponse) {
	fmt.Fprintf(w, "%d images to scan", p.ImageCnt)
	for _, left := range []struct {
		n    uint64
		what string
	}{{p.UnauthorizedCnt, "not authorized"}, {p.BusyCnt, "being scanned already"}, {p.UnreachableCnt, "of them at no source any more"}} {
		if left.n > 0 {
			fmt.Fprintf(w, ", %d %s", left.n, left.what)
		}
	}
	fmt.Fprintf(w, "\n%d layers, %d of them known, %.1f MB to read", p.LayerCnt, p.KnownLayerCnt, float64(p.Bytes)/1e6)
	if p.Seconds >= 0 {
		fmt.Fprintf(w, ", about %.1f minutes at the rate of late", float64(p.Seconds)/60)
	}
	fmt.Fprintln(w)
	for _, why := range p.Reasons {
		fmt.Fprintf(w, "  %d because %s\n", why.Cnt, why.Name)
	}
	for _, name := range p.FailedSources {
		fmt.Fprintf(
			w,
			"  source %s did not answer at its last sync; see 'landwaiter source list'\n",
			landwaiter.Printable(name),
		)
	}
}
