package rpmdb

import (
	"bytes"
	"encoding/binary"
)

const (
	// maxDirs bounds the directories of one package; texlive has 10,000.
	maxDirs = 100_000
	// maxPath is PATH_MAX of Linux: no file has a longer path, and a header
	// could name one long directory in each of millions of files.
	maxPath = 4096
)

// fileList is the list of a package's files as its header stores it: base
// names, and for each the index of its directory. It points into the header.
type fileList struct {
	baseNames, dirNames, dirIndexes []byte
	bases, dirs, indexes            uint32 // how many, as the header claims
}

func (l *fileList) set(tag, typ, count uint32, data []byte) {
	switch {
	case tag == tagBaseNames && typ == typeStringArray:
		l.baseNames, l.bases = data, count
	case tag == tagDirNames && typ == typeStringArray:
		l.dirNames, l.dirs = data, count
	case tag == tagDirIndexes && typ == typeInt32:
		l.dirIndexes, l.indexes = data, count
	}
}

// each shows the paths, as far as the three arrays agree, until show returns
// false. The counts are only claims: the data is what bounds the reading.
func (l *fileList) each(show func(path string) bool) bool {
	dirs := l.dirList()
	names := l.baseNames
	for i := range min(l.bases, l.indexes, uint32(len(l.dirIndexes)/4)) {
		base, after, ok := bytes.Cut(names, []byte{0})
		dir := binary.BigEndian.Uint32(l.dirIndexes[4*i:])
		if !ok || dir >= uint32(len(dirs)) {
			break
		}
		if len(dirs[dir])+len(base) < maxPath && !show(dirs[dir]+string(base)) {
			return false
		}
		names = after
	}
	return true
}

func (l *fileList) dirList() []string {
	var dirs []string
	for rest := l.dirNames; uint32(len(dirs)) < min(l.dirs, maxDirs); {
		dir, after, ok := bytes.Cut(rest, []byte{0})
		if !ok {
			break
		}
		dirs, rest = append(dirs, string(dir)), after
	}
	return dirs
}
