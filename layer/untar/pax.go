package untar

import (
	"bytes"
	"slices"
)

// keyword is one of the PAX keywords that this package interprets.
type keyword int

const (
	paxPath keyword = iota
	paxLinkpath
	paxUname
	paxGname
	paxSize
	paxUID
	paxGID
	paxAtime
	paxMtime
	paxCtime
	sparseMajor
	sparseMinor
	sparseName
	sparseSize
	sparseRealSize
	sparseBlocks
	sparseMap
	sparseOffset   // repeated for each region in format 0.0
	sparseNumBytes // likewise
	keywords       // the number of keywords
)

func keywordOf(key []byte) (k keyword, ok bool) {
	switch string(key) {
	case "path":
		return paxPath, true
	case "linkpath":
		return paxLinkpath, true
	case "uname":
		return paxUname, true
	case "gname":
		return paxGname, true
	case "size":
		return paxSize, true
	case "uid":
		return paxUID, true
	case "gid":
		return paxGID, true
	case "atime":
		return paxAtime, true
	case "mtime":
		return paxMtime, true
	case "ctime":
		return paxCtime, true
	}
	if sub, ok := bytes.CutPrefix(key, []byte("GNU.sparse.")); ok {
		return sparseKeywordOf(sub)
	}
	return 0, false
}

func sparseKeywordOf(sub []byte) (k keyword, ok bool) {
	switch string(sub) {
	case "major":
		return sparseMajor, true
	case "minor":
		return sparseMinor, true
	case "name":
		return sparseName, true
	case "size":
		return sparseSize, true
	case "realsize":
		return sparseRealSize, true
	case "numblocks":
		return sparseBlocks, true
	case "map":
		return sparseMap, true
	case "offset":
		return sparseOffset, true
	case "numbytes":
		return sparseNumBytes, true
	}
	return 0, false
}

// records are the PAX records before an entry. A repeated record replaces the
// earlier one; an empty value unsets it.
type records struct {
	raw    []byte // as read; valid after parse
	values [keywords][]byte
	pairs  []byte // the map of format 0.0, in the notation of format 0.1
	halves int    // the number of offsets and lengths in pairs
}

func (p *records) reset() {
	if len(p.raw) > 0 {
		p.raw, p.pairs, p.halves = p.raw[:0], p.pairs[:0], 0
		clear(p.values[:])
	}
}

// parse sets values from raw.
func (p *records) parse() error {
	for rest := p.raw; len(rest) > 0; {
		var key, value []byte
		var ok bool
		if key, value, rest, ok = cutRecord(rest); !ok {
			return errRecord
		}
		k, known := keywordOf(key)
		switch {
		case !known:
			if bytes.IndexByte(key, 0) >= 0 {
				return errRecord
			}
		case k <= paxGname && bytes.IndexByte(value, 0) >= 0:
			return errRecord
		case k == sparseOffset || k == sparseNumBytes:
			if !p.half(k, value) {
				return errSparse
			}
		default:
			p.values[k] = value
		}
	}
	if p.halves > 0 {
		p.values[sparseMap] = p.pairs
	}
	return nil
}

// half adds an offset or a length to the map of format 0.0.
func (p *records) half(k keyword, value []byte) bool {
	if (p.halves%2 == 0) != (k == sparseOffset) || bytes.IndexByte(value, ',') >= 0 {
		return false
	}
	if p.halves > 0 {
		p.pairs = append(p.pairs, ',')
	}
	p.pairs = append(p.pairs, value...)
	p.halves++
	return true
}

// cutRecord splits b after its first record, "LENGTH KEY=VALUE\n". The length
// is that of the whole record.
func cutRecord(b []byte) (key, value, rest []byte, ok bool) {
	digits, _, ok := bytes.Cut(b, []byte(" "))
	if !ok {
		return nil, nil, nil, false
	}
	n, ok := decimal(digits)
	if start := len(digits) + 1; !ok || n <= int64(start) || n > int64(len(b)) || b[n-1] != '\n' {
		return nil, nil, nil, false
	}
	key, value, ok = bytes.Cut(b[len(digits)+1:n-1], []byte("="))
	return key, value, b[n:], ok && len(key) > 0
}

// get returns the value of the record with any key, nil if there is none.
func (p *records) get(key string) []byte {
	var found []byte
	for rest := p.raw; len(rest) > 0; {
		var k, v []byte
		if k, v, rest, _ = cutRecord(rest); string(k) == key {
			found = v
		}
	}
	return found
}

// merge sets the fields of h for which there are records.
func (p *records) merge(h *Header) error {
	if len(p.raw) == 0 {
		return nil
	}
	if v := p.values[paxPath]; len(v) > 0 {
		h.Name = v
	}
	if v := p.values[paxLinkpath]; len(v) > 0 {
		h.Linkname = v
	}
	uid, gid := int64(h.UID), int64(h.GID)
	ok := p.number(paxSize, &h.Size) && p.number(paxUID, &uid) && p.number(paxGID, &gid) &&
		!slices.ContainsFunc(p.values[paxAtime:paxCtime+1], brokenTime)
	if !ok {
		return errRecord
	}
	h.UID, h.GID = int(uid), int(gid)
	return nil
}

// number sets v to the value of a record, if there is one.
func (p *records) number(k keyword, v *int64) (ok bool) {
	b := p.values[k]
	if len(b) == 0 {
		return true
	}
	*v, ok = decimal(b)
	return ok
}

// brokenTime reports whether b is neither empty nor a number of seconds, which
// may have a fraction.
func brokenTime(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	seconds, fraction, _ := bytes.Cut(b, []byte("."))
	_, ok := decimal(seconds)
	return !ok || bytes.ContainsFunc(fraction, func(r rune) bool { return r < '0' || r > '9' })
}
