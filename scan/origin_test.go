package scan

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestShareOrigins(t *testing.T) {
	pkg := func(name, file, origin string) landwaiter.ImagePackage {
		return landwaiter.ImagePackage{
			Package: landwaiter.Package{Type: "npm", Name: name, Version: "1", Path: file, Origin: origin},
		}
	}
	pkgs := []landwaiter.ImagePackage{
		pkg("git", "app/package-lock.json", landwaiter.OriginGit),
		pkg("git", "app/node_modules/git/package.json", ""),
		pkg("both", "app/package-lock.json", landwaiter.OriginPrivate),
		pkg("both", "other/package-lock.json", ""),
		pkg("both", "app/node_modules/both/package.json", ""),
		pkg("own", "app/package.json", landwaiter.OriginProject),
		pkg("own", "app/node_modules/own/package.json", ""),
		pkg("free", "app/node_modules/free/package.json", ""),
	}
	shareOrigins(pkgs)
	for i, want := range []string{"git", "git", "private", "", "", "project", "", ""} {
		if pkgs[i].Origin != want {
			t.Errorf("%s in %s: %q, want %q", pkgs[i].Name, pkgs[i].Path, pkgs[i].Origin, want)
		}
	}
}
