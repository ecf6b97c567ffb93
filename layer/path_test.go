package layer_test

import (
	"path"
	"testing"

	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter/layer"
)

// TestCleanPathCleansLikePathClean compares CleanPath with path.Clean below a
// root, for any slashes and dots.
func TestCleanPathCleansLikePathClean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.RuneFrom([]rune{'/', '.', 'a', 'é'}), 0, 20, -1).Draw(t, "name")
		if got, want := layer.CleanPath(name), path.Clean("/" + name)[1:]; got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	})
}
