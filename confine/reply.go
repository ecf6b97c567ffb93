package confine

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxIndex bounds the path hashes of a layer: two for each of the two
	// million entries that package layer allows.
	maxIndex = 4_000_000
	// maxPackages bounds the packages of a layer. A desktop has 5,000; a tree
	// of node_modules with lock files, some 50,000.
	maxPackages = 200_000
	// maxFindings bounds malware and risks, each; the analysers stop at 1,000.
	maxFindings = 20_000
	// maxText bounds the strings of one package or finding together: two of the
	// longest paths, and as JSON at most six times as much, which fits a frame.
	maxText = 32 << 10
	// perFrame is how many things go into a frame unless they are large.
	perFrame = 256
)

// writeReply sends a report. It leaves out what exceeds the limits of the protocol, and
// says so in the coverage.
func writeReply(w io.Writer, r *landwaiter.LayerReport) error {
	rest := *r
	rest.Index, rest.Packages, rest.Malware, rest.Risks = nil, nil, nil, nil
	rest.Coverage = slices.Clone(r.Coverage)
	pkgs := clip(&rest, r.Packages, maxPackages, "packages")
	bad := clip(&rest, r.Malware, maxFindings, "infected files")
	risks := clip(&rest, r.Risks, maxFindings, "risks")
	if err := writeJSON(w, kindHeader, &rest); err != nil {
		return err
	}
	if err := writeIndex(w, r.Index); err != nil {
		return err
	}
	if err := writeList(w, kindPkgs, pkgs); err != nil {
		return err
	}
	if err := writeList(w, kindBad, bad); err != nil {
		return err
	}
	if err := writeList(w, kindRisks, risks); err != nil {
		return err
	}
	return writeFrame(w, kindDone, nil)
}

// clip returns the part of a list that may be sent. What it leaves out goes to the
// coverage of all analysers, since it does not know which of them found it.
func clip[T any](r *landwaiter.LayerReport, list []T, most int, what string) []T {
	kept := list
	if slices.ContainsFunc(list, tooLong) {
		kept = slices.DeleteFunc(slices.Clone(list), tooLong)
	}
	kept = kept[:min(len(kept), most)]
	if lost := len(list) - len(kept); lost > 0 {
		for i := range r.Coverage {
			note(&r.Coverage[i], fmt.Sprintf("%d %s were left out: at most %d, each with at most %d bytes of text",
				lost, what, most, maxText))
		}
	}
	return kept
}

func tooLong[T any](v T) bool { return textLen(reflect.ValueOf(v)) > maxText }

// note adds a reason to a coverage entry.
func note(c *landwaiter.Coverage, reason string) {
	if c.State == landwaiter.Scanned || c.State == landwaiter.Noted {
		c.State = landwaiter.Partial
	}
	if c.Reason != "" {
		reason = c.Reason + "; " + reason
	}
	c.Reason = reason
}

func writeIndex(w io.Writer, index landwaiter.PathIndex) error {
	const most = maxBody / 8
	buf := make([]byte, 0, min(maxBody, 8*len(index)))
	for part := range slices.Chunk(index, most) {
		buf = buf[:0]
		for _, h := range part {
			buf = binary.LittleEndian.AppendUint64(buf, h)
		}
		if err := writeFrame(w, kindIndex, buf); err != nil {
			return err
		}
	}
	if index != nil && len(index) == 0 {
		return writeFrame(w, kindIndex, nil)
	}
	return nil
}

// writeList sends a list in frames that are not too large. It sends an empty list, but
// not a nil one, so that the parent's report equals the child's.
func writeList[T any](w io.Writer, k kind, list []T) error {
	if list == nil {
		return nil
	}
	for len(list) > 0 {
		n := min(perFrame, len(list))
		body, err := json.Marshal(list[:n])
		for err == nil && len(body) > maxBody && n > 1 {
			n /= 2
			body, err = json.Marshal(list[:n])
		}
		if err != nil {
			return err
		}
		if err := writeFrame(w, k, body); err != nil {
			return err
		}
		if list = list[n:]; len(list) == 0 {
			return nil
		}
	}
	return writeFrame(w, k, []byte("[]"))
}

// readReply reads the answer to a request, which is untrusted. failed is an error of the
// analysis; err is any other error, which the child is to blame for.
func readReply(f *frames, want []string) (r *landwaiter.LayerReport, failed, err error) {
	for first := true; ; first = false {
		k, body, err := f.next()
		if err != nil {
			return nil, nil, err
		}
		switch {
		case first && k == kindError:
			var fail failure
			if err := decode(body, &fail); err != nil {
				return nil, nil, err
			}
			failed, err := fail.error()
			return nil, failed, err
		case first != (k == kindHeader):
			return nil, nil, errProtocol("kind %d out of order", k)
		case first:
			r = &landwaiter.LayerReport{}
			err = decode(body, r)
			if err == nil {
				err = checkHeader(r, want)
			}
		case k == kindDone:
			if len(body) > 0 || !slices.IsSorted(r.Index) {
				return nil, nil, errProtocol("the end or the index is malformed")
			}
			return r, nil, nil
		default:
			err = addPart(r, k, body)
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// addPart adds a frame to the report.
func addPart(r *landwaiter.LayerReport, k kind, body []byte) (err error) {
	switch k {
	case kindIndex:
		if len(body)%8 != 0 || len(r.Index)+len(body)/8 > maxIndex {
			return errProtocol("an index of more than %d hashes, or half a one", maxIndex)
		}
		if r.Index == nil {
			r.Index = landwaiter.PathIndex{}
		}
		for ; len(body) > 0; body = body[8:] {
			r.Index = append(r.Index, binary.LittleEndian.Uint64(body))
		}
		return nil
	case kindPkgs:
		r.Packages, err = addList(r.Packages, body, maxPackages)
	case kindBad:
		r.Malware, err = addList(r.Malware, body, maxFindings)
	case kindRisks:
		r.Risks, err = addList(r.Risks, body, maxFindings)
	default:
		err = errProtocol("unknown kind %d", k)
	}
	return err
}

func addList[T any](have []T, body []byte, most int) ([]T, error) {
	var part []T
	if err := decode(body, &part); err != nil {
		return nil, err
	}
	if part == nil || len(have)+len(part) > most {
		return nil, errProtocol("a list of more than %d, or none", most)
	}
	if slices.ContainsFunc(part, tooLong) {
		return nil, errProtocol("texts of more than %d bytes", maxText)
	}
	if have == nil {
		return part, nil
	}
	return append(have, part...), nil
}

// checkHeader checks the header against the request.
func checkHeader(r *landwaiter.LayerReport, want []string) error {
	if r.Index != nil || r.Packages != nil || r.Malware != nil || r.Risks != nil {
		return errProtocol("lists in the header")
	}
	if r.Cut == "" && !(isDigest(r.DiffID) && isDigest(r.Digest)) || r.Size < 0 || r.Files < 0 {
		return errProtocol("no digests, or sizes below zero")
	}
	if r.Cut != "" && (r.DiffID != "" || r.Digest != "" && !isDigest(r.Digest)) || len(r.Cut) > maxText {
		return errProtocol("a layer that was cut with a digest that cannot be known")
	}
	if len(r.Coverage) != len(want) {
		return errProtocol("coverage of %d analysers, %d were asked for", len(r.Coverage), len(want))
	}
	left := slices.Clone(want)
	for _, c := range r.Coverage {
		switch c.State {
		case landwaiter.Scanned, landwaiter.Noted, landwaiter.Partial, landwaiter.Skipped, landwaiter.Failed:
		default:
			return errProtocol("coverage state %q", c.State)
		}
		at := slices.Index(left, c.Analyser)
		if c.Layer != r.DiffID || at < 0 {
			return errProtocol("coverage of another layer or analyser")
		}
		left = slices.Delete(left, at, at+1)
	}
	return nil
}

// error returns the error of the analysis.
func (f failure) error() (failed, err error) {
	switch f.Kind {
	case landwaiter.Internal, landwaiter.Invalid, landwaiter.NotFound, landwaiter.Conflict, landwaiter.Denied,
		landwaiter.Unsupported, landwaiter.Corrupt, landwaiter.Unavailable, landwaiter.TooLarge:
	default:
		return nil, errProtocol("error kind %q", f.Kind)
	}
	if f.Message == "" || len(f.Message) > maxText {
		return nil, errProtocol("an error message of %d bytes", len(f.Message))
	}
	return landwaiter.Errorf(f.Kind, "%s", f.Message), nil
}

func isDigest(s string) bool {
	hex, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}

// textLen returns the total length of the strings in v in bytes.
func textLen(v reflect.Value) int {
	n := 0
	switch v.Kind() {
	case reflect.String:
		n = v.Len()
	case reflect.Struct:
		for i := range v.NumField() {
			n += textLen(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			n += textLen(v.Index(i))
		}
	}
	return n
}
