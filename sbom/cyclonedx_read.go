package sbom

// metadata reads the metadata object, whose component is the subject of the document.
func (b *builder) metadata(w *walker) error {
	return w.object(func(key string) error {
		if key == "component" {
			return b.component(w, true)
		}
		return w.skip()
	})
}

// component reads a component and the components nested in it.
func (b *builder) component(w *walker, subject bool) error {
	var e entry
	var typ, scope string
	err := w.object(func(key string) error {
		switch key {
		case "type":
			return w.text(&typ)
		case "scope":
			return w.text(&scope)
		case "group":
			return w.text(&e.group)
		case "name":
			return w.text(&e.name)
		case "version":
			return w.text(&e.version)
		case "purl":
			return w.text(&e.purl)
		case "properties":
			return w.list(func() error { return e.property(w) })
		case "evidence":
			return e.evidence(w)
		case "components":
			return w.list(func() error { return b.component(w, false) })
		}
		return w.skip()
	})
	if err != nil {
		return err
	}
	e.kind = componentKind(typ, e.purl, subject)
	if scope == "excluded" { // by the standard: for testing or building only
		e.fact(factDev, "true")
	}
	return b.add(&e)
}

func componentKind(typ, purl string, subject bool) kind {
	switch {
	case typ == "operating-system":
		return kindSystem
	case typ == "container" && subject:
		return kindImage
	case subject, typ == "container", typ == "file":
		return kindNone
	case typ == "application" && purl == "": // Trivy writes lock files as applications
		return kindNone
	}
	return kindPackage
}

func (e *entry) property(w *walker) error {
	var name, value string
	err := w.object(func(key string) error {
		switch key {
		case "name":
			return w.text(&name)
		case "value":
			return w.text(&value)
		}
		return w.skip()
	})
	if err == nil {
		e.fact(name, value)
	}
	return err
}

// evidence reads the locations at which a component was found.
func (e *entry) evidence(w *walker) error {
	return w.object(func(key string) error {
		if key != "occurrences" {
			return w.skip()
		}
		return w.list(func() error {
			return w.object(func(key string) error {
				if key != "location" {
					return w.skip()
				}
				var location string
				err := w.text(&location)
				e.fact(factOccurrence, location)
				return err
			})
		})
	})
}
