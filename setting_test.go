package landwaiter_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestSettingOf(t *testing.T) {
	denied := landwaiter.About(landwaiter.Errorf(landwaiter.Denied, "no access"), landwaiter.SettingCredentials)
	for _, c := range []struct {
		err  error
		want landwaiter.Setting
		kind landwaiter.ErrorKind
	}{
		{nil, "", ""},
		{errors.New("x"), "", landwaiter.Internal},
		{landwaiter.Errorf(landwaiter.Denied, "x"), "", landwaiter.Denied},
		{denied, landwaiter.SettingCredentials, landwaiter.Denied},
		{fmt.Errorf("image: %w", denied), landwaiter.SettingCredentials, landwaiter.Denied},
		{landwaiter.Errorf(landwaiter.Invalid, "image: %w", denied), landwaiter.SettingCredentials, landwaiter.Invalid},
		{errors.Join(errors.New("x"), denied), landwaiter.SettingCredentials, landwaiter.Denied},
		{landwaiter.About(denied, landwaiter.SettingPlainHTTP), landwaiter.SettingPlainHTTP, landwaiter.Denied},
		{landwaiter.About(nil, landwaiter.SettingPlainHTTP), "", ""},
	} {
		if got := landwaiter.SettingOf(c.err); got != c.want || landwaiter.KindOf(c.err) != c.kind {
			t.Errorf("%v: %q (%s), want %q (%s)", c.err, got, landwaiter.KindOf(c.err), c.want, c.kind)
		}
	}
}
