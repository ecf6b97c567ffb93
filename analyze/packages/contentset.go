package packages

import (
	"context"
	"errors"
	"fmt"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

// maxContentSets bounds the repositories of one image. Images of OpenShift list
// some dozens, for all architectures.
const maxContentSets = 20_000

// readContentSets reads the manifest in which images of Red Hat list the
// repositories that their RPMs come from:
// {"content_sets": ["rhel-8-for-x86_64-baseos-rpms", ...]}. They decide which
// errata apply, and are facts about the image rather than packages.
func readContentSets(ctx context.Context, in input) ([]landwaiter.Package, error) {
	data, err := in.readUpTo(maxManifest)
	if err != nil {
		return nil, err
	}
	var sets []landwaiter.Package
	more, bad := 0, 0
	j := syntax.NewJSON(ctx, data)
	ok, err := j.Object(func(key []byte) error {
		if string(key) != "content_sets" {
			return nil
		}
		_, err := j.Array(func() error {
			name, ok, err := j.String()
			switch {
			case err != nil:
			case !ok || !plausible(name):
				bad++
			case len(sets) == maxContentSets:
				more++
			default:
				sets = append(sets, landwaiter.Package{Type: landwaiter.TypeContentSet, Name: name, Version: "1", Path: in.Path})
			}
			return err
		})
		return err
	})
	if err == nil {
		err = j.End()
	}
	switch {
	case err != nil:
	case !ok:
		err = errors.New("not a JSON object")
	case bad > 0:
		err = fmt.Errorf("repositories without a name: %d", bad)
	case more > 0:
		err = fmt.Errorf("more than %d repositories; %d were left out", maxContentSets, more)
	}
	return sets, err
}
