package sbom

import "strings"

// spdxPackage reads one package.
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
		case "attributionTexts": // older versions of Trivy write annotations here
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
	case purpose == "OPERATING_SYSTEM", purpose == "OPERATING-SYSTEM": // in the JSON schema, and in the standard's text
		return kindSystem
	case purpose == "CONTAINER":
		return kindImage
	case purpose == "FILE", purpose == "SOURCE", purpose == "APPLICATION" && purl == "":
		return kindNone
	}
	return kindPackage
}

// externalRef reads the package URL of a package. The standard spells its category in
// two ways: with an underscore in the JSON schema, with a hyphen in the text.
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

// comment reads a fact: "landwaiter:NAME=value", or "Name: value" as Trivy writes it.
func (e *entry) comment(text string) {
	separator := ": "
	if strings.HasPrefix(text, factPrefix) {
		separator = "="
	}
	if name, value, ok := strings.Cut(text, separator); ok {
		e.fact(name, value)
	}
}

// sourceInfo reads the free text in which Trivy names the source package, and syft the
// file in which a package was found.
func (e *entry) sourceInfo(text string) {
	e.fact(factSourceInfo, text)
	if _, paths, ok := strings.Cut(text, ": /"); ok && strings.HasPrefix(text, "acquired package info from") {
		path, _, _ := strings.Cut(paths, ", ")
		e.fact(factOccurrence, path)
	}
}
