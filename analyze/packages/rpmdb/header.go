package rpmdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// The header tags that we read and the types they have; rpmtag.h of rpm.
const (
	tagName       = 1000
	tagVersion    = 1001
	tagRelease    = 1002
	tagEpoch      = 1003
	tagVendor     = 1011
	tagArch       = 1022
	tagSourceRPM  = 1044
	tagDirIndexes = 1116
	tagBaseNames  = 1117
	tagDirNames   = 1118
	tagModularity = 5096

	typeInt32       = 4
	typeString      = 6
	typeStringArray = 8
	typeI18NString  = 9
)

// headerEntry is the size of one index entry: tag, type, offset and count.
const headerEntry = 16

// maxField bounds a value, in bytes: a longer one counts as none.
const maxField = 1024

// tagSet are the tags of a header that were met, of those that are read.
type tagSet [len(tags)]bool

var tags = [...]uint32{
	tagName, tagVersion, tagRelease, tagEpoch, tagVendor, tagArch, tagSourceRPM, tagDirIndexes, tagBaseNames, tagDirNames,
	tagModularity,
}

// first reports whether a tag is one that is read and was not met before.
func (s *tagSet) first(tag uint32) bool {
	i := slices.Index(tags[:], tag)
	if i < 0 || s[i] {
		return false
	}
	s[i] = true
	return true
}

var errHeader = errors.New("broken RPM header")

// parseHeader reads a header as the database stores it: two big-endian counts
// (index entries, data bytes), the index, the data.
func parseHeader(b []byte) (Package, fileList, error) {
	if len(b) < 8 {
		return Package{}, fileList{}, errHeader
	}
	entries, dataLen := int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
	if 8+entries*headerEntry+dataLen > int64(len(b)) {
		return Package{}, fileList{}, errHeader
	}
	index := b[8 : 8+entries*headerEntry]
	data := b[8+entries*headerEntry:][:dataLen]

	var p Package
	var files fileList
	var seen tagSet
	for ; len(index) > 0; index = index[headerEntry:] {
		tag := binary.BigEndian.Uint32(index)
		typ := binary.BigEndian.Uint32(index[4:])
		offset := int64(binary.BigEndian.Uint32(index[8:]))
		// Regions have negative offsets; nothing we read lies there. A tag that
		// comes again, as in no header, would have its value searched again.
		if offset >= dataLen || !seen.first(tag) {
			continue
		}
		p.set(tag, typ, data[offset:])
		files.set(tag, typ, binary.BigEndian.Uint32(index[12:]), data[offset:])
	}
	if p.Name == "" || p.Version == "" {
		return Package{}, fileList{}, errHeader
	}
	return p, files, nil
}

// set stores the value of one tag; tags we do not know are ignored.
func (p *Package) set(tag, typ uint32, data []byte) {
	if tag == tagEpoch {
		if typ == typeInt32 && len(data) >= 4 {
			p.Epoch = int(binary.BigEndian.Uint32(data) & 0x7fffffff)
		}
		return
	}
	field := p.field(tag)
	if field == nil || (typ != typeString && typ != typeI18NString) {
		return
	}
	// rpm itself writes "(none)" where a tag has no value.
	data = data[:min(len(data), maxField+1)]
	if end := bytes.IndexByte(data, 0); end >= 0 && string(data[:end]) != "(none)" {
		*field = string(data[:end])
	}
}

func (p *Package) field(tag uint32) *string {
	switch tag {
	case tagName:
		return &p.Name
	case tagVersion:
		return &p.Version
	case tagRelease:
		return &p.Release
	case tagVendor:
		return &p.Vendor
	case tagArch:
		return &p.Arch
	case tagSourceRPM:
		return &p.SourceRPM
	case tagModularity:
		return &p.Modularity
	}
	return nil
}
