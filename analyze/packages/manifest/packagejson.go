package manifest

import (
	"context"

	"github.com/landwaiter/landwaiter/syntax"
)

// VSCode is the type of package URLs of extensions for Visual Studio Code.
const VSCode = "vscode-extension"

// PackageJSON reads the package.json of an installed package of npm, or of an
// extension of Visual Studio Code, which has its own advisories. Packages of Unity
// have the file, too. Only name and version matter: fields that npm reads loosely
// (contributors given as one string) are not looked at.
func PackageJSON(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	var name, version, publisher, unity string
	extension := false
	err := document(j, func(key []byte) (err error) {
		switch string(key) {
		case "name":
			name, _, err = j.String()
		case "version":
			version, _, err = j.String()
		case "publisher":
			publisher, _, err = j.String()
		case "unity":
			unity, _, err = j.String()
		case "contributes":
			null, err := j.Null()
			extension = extension || err == nil && !null
			return err
		case "engines":
			_, err = j.Object(func(key []byte) error {
				extension = extension || string(key) == "vscode"
				return nil
			})
		}
		return err
	})
	switch {
	case extension && publisher != "" && name != "":
		f.kind = VSCode
		f.add(publisher+"."+name, version, false)
	case !extension && unity == "":
		f.add(name, version, false)
	}
	return f.end(err)
}
