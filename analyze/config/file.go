package config

import (
	"archive/tar"
	"bytes"
	"context"
	"io/fs"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/analysis"
	"github.com/landwaiter/landwaiter/analyze/rule"
	"github.com/landwaiter/landwaiter/layer"
)

// FileVersion is the version of the rules on file modes. It changes when a rule does.
const FileVersion = "2"

// Files is the analyser that checks the modes of files and directories.
type Files struct{}

// Describe names the analyser.
func (Files) Describe() landwaiter.Analyser {
	return landwaiter.Analyser{Name: landwaiter.AnalyserFiles, Version: FileVersion, Kind: landwaiter.ScanRisk}
}

// Start begins a layer.
func (Files) Start(findings *analysis.Findings) analysis.Run { return fileRun{findings} }

// fileRun only needs the tar headers.
type fileRun struct{ findings *analysis.Findings }

func (r fileRun) Entry(e *layer.Entry) analysis.Want {
	if e.Type == tar.TypeReg || e.Type == tar.TypeDir {
		if risk, ok := fileRisk(e.Path, e.Mode, e.Type == tar.TypeDir); ok {
			r.findings.AddRisk(risk)
		}
	}
	return analysis.Want{}
}

func (fileRun) Head(*layer.Entry, []byte) bool             { return false }
func (fileRun) File(context.Context, *analysis.File) error { return nil }

// distributionSetuid are the programs that the packages of Debian, Ubuntu, Alpine,
// Fedora, RHEL and SUSE install setuid or setgid.
var distributionSetuid = map[string]bool{
	"su": true, "sudo": true, "sudoedit": true, "passwd": true, "gpasswd": true, "chsh": true, "chfn": true,
	"newgrp": true, "chage": true, "expiry": true, "mount": true, "umount": true, "fusermount": true, "fusermount3": true,
	"ping": true, "ping6": true, "unix_chkpwd": true, "pam_timestamp_check": true, "userhelper": true, "usernetctl": true,
	"crontab": true, "at": true, "wall": true, "write": true, "bsd-write": true, "ssh-agent": true, "ssh-keysign": true,
	"pkexec": true, "polkit-agent-helper-1": true, "dbus-daemon-launch-helper": true, "bbsuid": true, "staprun": true,
	"newuidmap": true, "newgidmap": true, "utempter": true, "locate": true, "mlocate": true, "dotlockfile": true,
	"grub2-set-bootflag": true, "krb5_child": true, "ldap_child": true, "selinux_child": true, "proxy_child": true,
}

// fileRisk returns the risk in the mode of a regular file or directory at a clean
// path; false when there is none.
func fileRisk(p []byte, mode fs.FileMode, dir bool) (landwaiter.Risk, bool) {
	const executable = 0o111
	special := mode&(fs.ModeSetuid|fs.ModeSetgid) != 0
	var id string
	switch {
	case !dir && special && mode&executable != 0:
		id = rule.Setuid
		if distributionSetuid[string(p[bytes.LastIndexByte(p, '/')+1:])] {
			id = rule.SetuidDistribution
		}
	case mode&0o002 != 0 && !(dir && mode&fs.ModeSticky != 0):
		id = rule.WorldWritable
	default:
		return landwaiter.Risk{}, false
	}
	r := rule.Get(id).Risk(modeString(mode))
	r.Path = string(p)
	return r, true
}

// modeString writes a mode as chmod takes it: "4755".
func modeString(mode fs.FileMode) string {
	special := 0
	for bit, n := range map[fs.FileMode]int{fs.ModeSetuid: 4, fs.ModeSetgid: 2, fs.ModeSticky: 1} {
		if mode&bit != 0 {
			special += n
		}
	}
	m := int(mode.Perm())
	return string([]byte{'0' + byte(special), '0' + byte(m>>6), '0' + byte(m>>3&7), '0' + byte(m&7)})
}
