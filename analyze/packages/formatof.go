package packages

import (
	"slices"
	"strings"
)

// lookup is the table of formats as FormatOf needs it.
type lookup struct {
	names map[string][]pattern // by base name: patterns without a star in it
	dirs  [256][]pattern       // others whose directory is known, by its first byte
	exts  map[string][]pattern // others, by extension
	fold  map[string]*Format   // extensions of any case, in lower case
	other *Format              // of all other files
}

// formatLookup is filled by init, not by an initializer, since readers use it.
var formatLookup = lookup{names: map[string][]pattern{}, exts: map[string][]pattern{}, fold: map[string]*Format{}}

func init() {
	for _, f := range slices.Concat(formats, unreadFormats) {
		for _, p := range f.paths {
			formatLookup.add(f, p)
		}
	}
}

func (l *lookup) add(f *Format, path string) {
	p := compile(f, path)
	last := p.base[len(p.base)-1]
	ext := last[max(0, strings.LastIndexByte(last, '.')):]
	switch {
	case path == "*":
		l.other = f
	case len(p.base) == 1:
		l.names[p.base[0]] = append(l.names[p.base[0]], p)
	case p.dir.kind == exactDir || p.dir.kind == underDir:
		first := p.dir.text[0]
		l.dirs[first] = append(l.dirs[first], p)
	case f.anyCase:
		if len(ext) > maxFolded || path != "*"+ext || ext != strings.ToLower(ext) {
			panic("of any case can be an extension, short and written in lower case, not " + path)
		}
		l.fold[ext] = f
	case ext == "" || ext[0] != '.':
		panic("neither a base name, a directory nor an extension is known of " + path)
	default:
		l.exts[ext] = append(l.exts[ext], p)
	}
}

// maxFolded is the length of the longest extension of any case, ".lpkg".
const maxFolded = 5

// FormatOf returns the format of the regular file at path, which must be clean
// and without a leading slash; it is never nil. Lock files and
// examples within installed packages are none: they describe their author's
// machine, not this image.
//
// It is asked for each file of a layer, by the bytes of its header: a string is
// made of them only when a pattern matches and its format has exceptions.
func FormatOf[P text](path P) *Format {
	slash := lastByte(path, '/')
	dir, base := path[:slash+1], path[slash+1:]
	l := &formatLookup
	if f := firstMatch(l.names[string(base)], dir, base); f != nil {
		return f
	}
	if len(dir) > 0 {
		if f := firstMatch(l.dirs[dir[0]], dir, base); f != nil {
			return f
		}
	}
	dot := lastByte(base, '.')
	if dot < 0 {
		return l.other
	}
	ext := base[dot:]
	if f := firstMatch(l.exts[string(ext)], dir, base); f != nil {
		return f
	}
	if len(ext) <= maxFolded {
		var lower [maxFolded]byte
		for i := range len(ext) {
			lower[i] = ext[i]
			if 'A' <= ext[i] && ext[i] <= 'Z' {
				lower[i] += 'a' - 'A'
			}
		}
		if f := l.fold[string(lower[:len(ext)])]; f != nil {
			return f
		}
	}
	return l.other
}

func firstMatch[P text](patterns []pattern, dir, base P) *Format {
	for i := range patterns {
		if p := &patterns[i]; matches(p, dir, base) {
			return p.format
		}
	}
	return nil
}
