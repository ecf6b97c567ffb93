package scan

import (
	"context"

	"github.com/landwaiter/landwaiter"
)

// Plan says what a scan of the selection would cost now: it reads rows only.
func (s *Scanner) Plan(ctx context.Context, sel landwaiter.Selection) (landwaiter.Plan, error) {
	sel.Engine = s.EngineName()
	return s.Store.Tasks().Plan(ctx, sel, s.analysers(sel.Kinds))
}
