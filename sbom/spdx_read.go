package sbom

import "strings"

// spdxPackage takes one package.
func (b *builder) spdxPackage(w *walker) error {
	var e entry
	var purpose string
	err := w.object(func(key string) error {
		switch key {
		case "name":
			return w.text(&e.name)
		case "versionInfo":
			return w.text(&e.version)
		case "primaryPackagePurpose":
			return w.text(&purpose)
		case "sourceInfo":
			var info string
			err := w.text(&info)
			e.sourceInfo(info)
			return err
		case "externalRefs":
			return w.list(func() error { return e.externalRef(w) })
		case "annotations":
			return w.list(func() error { return e.annotation(w) })
		case "attributionTexts": // where older versions of trivy put its facts
			return w.list(func() error {
				var text string
				err := w.text(&text)
				e.comment(text)
				return err
			})
		}
		return w.skip()
	})
	if err != nil {
		return err
	}
	e.kind = purposeKind(purpose, e.purl)
	return b.add(&e)
}

func purposeKind(purpose, purl string) kind {
	switch {
	case purpose == "OPERATING_SYSTEM", purpose == "OPERATING-SYSTEM": // the JSON schema and the text of the standard
		return kindSystem
	case purpose == "CONTAINER":
		return kindImage
	case purpose == "FILE", purpose == "SOURCE", purpose == "APPLICATION" && purl == "":
		return kindNone
	}
	return kindPackage
}

// externalRef takes the package URL of a package. Its category is spelled in
// two ways.
func (e *entry) externalRef(w *walker) error {
	var category, typ, locator string
	err := w.object(func(key string) error {
		switch key {
		case "referenceCategory":
			return w.text(&category)
		case "referenceType":
			return w.text(&typ)
		case "referenceLocator":
			return w.text(&locator)
		}
		return w.skip()
	})
	category = strings.ReplaceAll(category, "_", "-")
	if err == nil && category == "PACKAGE-MANAGER" && typ == "purl" && e.purl == "" {
		e.purl = locator
	}
	return err
}

func (e *entry) annotation(w *walker) error {
	var comment string
	err := w.object(func(key string) error {
		if key == "comment" {
			return w.text(&comment)
		}
		return w.skip()
	})
	e.comment(comment)
	return err
}

// comment reads a fact: "landwaiter:NAME=value", or trivy's "Name: value".
func (e *entry) comment(text string) {
	separator := ": "
	if strings.HasPrefix(text, factPrefix) {
		separator = "="
	}
	if name, value, ok := strings.Cut(text, separator); ok {
		e.fact(name, value)
	}
}

// sourceInfo reads the free text in which trivy names the source package and
// syft the file that a package was found in.
func (e *entry) sourceInfo(text string) {
	e.fact(factSourceInfo, text)
	if _, paths, ok := strings.Cut(text, ": /"); ok && strings.HasPrefix(text, "acquired package info from") {
		path, _, _ := strings.Cut(paths, ", ")
		e.fact(factOccurrence, path)
	}
}
