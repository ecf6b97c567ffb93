package confine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter"
)

// fill sets every field of a value, so that a new one is tested, too.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Repeat("text ü ", *n%7))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(math.MaxUint64 - 1_000_000 + uint64(*n)) // ascending, and beyond a float's precision
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(0.1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic("teach fill to set " + v.Type().String())
	}
}

func fullReport() *landwaiter.LayerReport {
	r, n := &landwaiter.LayerReport{}, 0
	fill(reflect.ValueOf(r).Elem(), &n)
	r.DiffID = "sha256:" + strings.Repeat("0", 64)
	r.Digest = "sha256:" + strings.Repeat("f", 64)
	for i := range r.Coverage {
		r.Coverage[i].Layer, r.Coverage[i].Analyser, r.Coverage[i].State = r.DiffID, analysers[i], landwaiter.Partial
	}
	for i := range r.Malware {
		r.Malware[i].Severity = landwaiter.High
	}
	for i := range r.Risks {
		r.Risks[i].Severity = landwaiter.Critical
	}
	return r
}

func encode(t testing.TB, r *landwaiter.LayerReport) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := writeReply(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decodeReply(b []byte) (*landwaiter.LayerReport, error, error) {
	return readReply(newFrames(bytes.NewReader(b)), analysers)
}

// cutReport makes r one of a layer that was not read to its end.
func cutReport(r *landwaiter.LayerReport) {
	r.DiffID, r.Cut = "", "over 200 times"
	for i := range r.Coverage {
		r.Coverage[i].Layer = ""
	}
}

// TestReportComesThrough: every field, and none is not the same as empty.
func TestReportComesThrough(t *testing.T) {
	full, none, empty, cut := fullReport(), fullReport(), fullReport(), fullReport()
	cutReport(cut)
	none.Index, none.Packages, none.Malware, none.Risks = nil, nil, nil, nil
	empty.Index, empty.Packages, empty.Malware, empty.Risks = landwaiter.PathIndex{}, []landwaiter.Package{},
		[]landwaiter.Malware{}, []landwaiter.Risk{}
	for name, want := range map[string]*landwaiter.LayerReport{"full": full, "none": none, "empty": empty, "cut": cut} {
		got, failed, err := decodeReply(encode(t, want))
		if err != nil || failed != nil {
			t.Fatal(name, failed, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestAnyListComesThrough: lists of all lengths and sizes are cut into frames
// and put together again.
func TestAnyListComesThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := fullReport()
		want.Index = make(landwaiter.PathIndex, rapid.IntRange(0, 100_000).Draw(t, "hashes"))
		for i := range want.Index {
			want.Index[i] = uint64(i) * 1_000_003
		}
		want.Packages = make([]landwaiter.Package, rapid.IntRange(0, 700).Draw(t, "packages"))
		name := strings.Repeat("\x01", rapid.IntRange(0, maxText).Draw(t, "bytes")) // six times as long in JSON
		for i := range want.Packages {
			if want.Packages[i].Version = "1"; i%100 == 0 {
				want.Packages[i].Name = name[:max(0, len(name)-1)]
			}
		}
		var b bytes.Buffer
		if err := writeReply(&b, want); err != nil {
			t.Fatal(err)
		}
		got, failed, err := decodeReply(b.Bytes())
		if err != nil || failed != nil || !cmp.Equal(want, got) {
			t.Fatal(failed, err)
		}
	})
}

// TestTooMuchIsLeftOut: the rest arrives, and what does not is told.
func TestTooMuchIsLeftOut(t *testing.T) {
	r := fullReport()
	r.Packages = make([]landwaiter.Package, maxPackages+5)
	r.Risks[1].Message = strings.Repeat("x", maxText+1)
	for i := range r.Coverage {
		r.Coverage[i].State, r.Coverage[i].Reason = landwaiter.Scanned, ""
	}
	got, failed, err := decodeReply(encode(t, r))
	if err != nil || failed != nil {
		t.Fatal(failed, err)
	}
	if len(got.Packages) != maxPackages || len(got.Risks) != 2 || len(r.Risks) != 3 {
		t.Error(len(got.Packages), len(got.Risks), len(r.Risks))
	}
	want := "5 packages were left out: at most 200000, each with at most 32768 bytes of text; " +
		"1 risks were left out: at most 20000, each with at most 32768 bytes of text"
	for _, c := range got.Coverage {
		if c.State != landwaiter.Partial || c.Reason != want {
			t.Error(c)
		}
	}
}

// frame makes one by hand.
func frame(k kind, body string) string {
	var head [frameHead]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(body)+1))
	head[4] = byte(k)
	return string(head[:]) + body
}

func header(t testing.TB, changes ...func(*landwaiter.LayerReport)) string {
	r := fullReport()
	r.Index, r.Packages, r.Malware, r.Risks = nil, nil, nil, nil
	for _, change := range changes {
		change(r)
	}
	var b bytes.Buffer
	if err := writeJSON(&b, kindHeader, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestHostileReplies: each is refused, and costs what it has in bytes.
func TestHostileReplies(t *testing.T) {
	good := header(t, func(*landwaiter.LayerReport) {})
	done := frame(kindDone, "")
	long := `"` + strings.Repeat("x", maxText+1) + `"`
	many := strings.Repeat(frame(kindPkgs, "["+strings.Repeat("{},", 80_000)+"{}]"), 3)
	for name, b := range map[string]string{
		"nothing":           "",
		"half a head":       "\x01\x00",
		"length 0":          "\x00\x00\x00\x00\x04",
		"4 GB":              "\xff\xff\xff\xff\x04",
		"half a body":       frame(kindHeader, "{}")[:6],
		"only done":         done,
		"no done":           good,
		"unknown kind":      good + frame(99, ""),
		"reserved kind":     good + frame(0, ""),
		"two headers":       good + good + done,
		"error later":       good + frame(kindError, `{"Kind":"corrupt","Message":"x"}`),
		"a request":         frame(kindLayer, `{}`),
		"error without":     frame(kindError, `{"Kind":"corrupt","Message":""}`),
		"error of no kind":  frame(kindError, `{"Kind":"odd","Message":"x"}`),
		"long error":        frame(kindError, `{"Kind":"corrupt","Message":`+long+`}`),
		"no JSON":           frame(kindHeader, `{"DiffID":`),
		"two values":        frame(kindHeader, `{} {}`),
		"unknown field":     frame(kindHeader, `{"Diff":1}`),
		"no digest":         header(t, func(r *landwaiter.LayerReport) { r.DiffID = "sha256:../.." }) + done,
		"cut, with digest":  header(t, func(r *landwaiter.LayerReport) { r.Cut = "x" }) + done,
		"long cut":          header(t, cutReport, func(r *landwaiter.LayerReport) { r.Cut = long }) + done,
		"cut, no digest":    header(t, cutReport, func(r *landwaiter.LayerReport) { r.Digest = "x" }) + done,
		"negative":          header(t, func(r *landwaiter.LayerReport) { r.Size = -1 }) + done,
		"list in header":    header(t, func(r *landwaiter.LayerReport) { r.Packages = []landwaiter.Package{{}} }) + done,
		"less coverage":     header(t, func(r *landwaiter.LayerReport) { r.Coverage = r.Coverage[:2] }) + done,
		"another analyser":  header(t, func(r *landwaiter.LayerReport) { r.Coverage[0].Analyser = "z" }) + done,
		"analyser twice":    header(t, func(r *landwaiter.LayerReport) { r.Coverage[0].Analyser = "b" }) + done,
		"another layer":     header(t, func(r *landwaiter.LayerReport) { r.Coverage[0].Layer = "z" }) + done,
		"state":             header(t, func(r *landwaiter.LayerReport) { r.Coverage[0].State = "clean" }) + done,
		"null list":         good + frame(kindPkgs, "null") + done,
		"half a hash":       good + frame(kindIndex, "1234567") + done,
		"unsorted":          good + frame(kindIndex, strings.Repeat("\xff", 8)+strings.Repeat("\x00", 8)) + done,
		"body of done":      good + frame(kindDone, "x"),
		"long text":         good + frame(kindPkgs, `[{"Name":`+long+`}]`) + done,
		"too many packages": good + many + done,
		"deep":              good + frame(kindPkgs, strings.Repeat("[", maxBody)) + done,
		"severity":          good + frame(kindRisks, `[{"Severity":"awful"}]`) + done,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, failed, err := decodeReply([]byte(b))
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: taken (%v)", name, failed)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 400<<20 {
			t.Errorf("%s: %d bytes allocated for %d", name, took, len(b))
		}
	}
}

// endless is a reply that never ends.
type endless struct{ part []byte }

func (e *endless) Read(p []byte) (int, error) { return copy(p, e.part), nil }

func TestEndlessReply(t *testing.T) {
	part := []byte(frame(kindPkgs, "[]"))
	r := io.MultiReader(strings.NewReader(header(t, func(*landwaiter.LayerReport) {})), &endless{part})
	f := newFrames(r)
	f.left = 1 << 20 // the real limit takes a second
	if _, _, err := readReply(f, analysers); landwaiter.KindOf(err) != landwaiter.Corrupt {
		t.Error(err)
	}
}

// FuzzReply: whatever a child answers, the parent takes it or refuses it, and
// what it takes comes through a second time as the same.
func FuzzReply(f *testing.F) {
	f.Add(encode(f, fullReport()))
	f.Add([]byte(header(f, func(*landwaiter.LayerReport) {}) + frame(kindIndex, strings.Repeat("\x00", 16)) +
		frame(kindDone, "")))
	f.Add([]byte(frame(kindError, `{"Kind":"corrupt","Message":"x"}`)))
	f.Add([]byte(frame(kindHeader, `{}`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, failed, err := decodeReply(b)
		if err != nil || failed != nil {
			if r != nil || failed != nil && landwaiter.KindOf(failed) == "" {
				t.Fatal(r, failed, err)
			}
			return
		}
		again, failed, err := decodeReply(encode(t, r))
		if err != nil || failed != nil || !cmp.Equal(r, again) {
			t.Fatal(failed, err, cmp.Diff(r, again))
		}
	})
}

func TestSlate(t *testing.T) {
	f, err := newSlate()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := mapSlate(f)
	if err != nil {
		t.Fatal(err)
	}
	if now := readSlate(f); now != (inFlight{}) {
		t.Error(now)
	}
	for i, c := range []struct{ path, analyser string }{
		{"a", "packages"}, {"", "secrets"}, {strings.Repeat("x", slateRecord), "p"}, {"b", strings.Repeat("n", 2*maxName)},
		{"", ""},
	} {
		s.mark([]byte(c.path), c.analyser, 7)
		now := readSlate(f)
		want := inFlight{seq: uint64(i + 1), size: 7, analyser: c.analyser[:min(len(c.analyser), maxName)]}
		want.path = c.path[:min(len(c.path), slateRecord-recordHead-len(want.analyser))]
		if c.analyser == "" {
			want.size = 0
		}
		if d := cmp.Diff(want, now, cmp.AllowUnexported(inFlight{})); d != "" || slateCounter(f) != now.seq {
			t.Error(d)
		}
	}
	if err := f.Truncate(8); err == nil {
		t.Error("the slate was cut off")
	}
}

func FuzzSlate(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0}, 64))
	f.Add(append([]byte{1, 0, 0, 0, 0, 0, 0, 0}, bytes.Repeat([]byte{0xff}, 64)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		buf := make([]byte, slateSize)
		copy(buf[copy(buf, b):], b)
		copy(buf[slateHead+slateRecord:], b)
		now := parseSlate(buf)
		if now.size < 0 || len(now.path) > slateRecord || len(now.analyser) > maxName || now.analyser == "" &&
			now.path != "" {
			t.Error(now)
		}
	})
}

func TestBudgets(t *testing.T) {
	for size, want := range map[int64]time.Duration{
		-1: 5 * time.Second, 0: 5 * time.Second, 16 << 20: 9 * time.Second, 1 << 30: 20 * time.Second,
		math.MaxInt64: 20 * time.Second,
	} {
		if got := fileTime(size); got != want {
			t.Errorf("fileTime(%d) = %v", size, got)
		}
	}
	for size, want := range map[int64]time.Duration{
		-1: 40 * time.Second, 100 << 20: 140 * time.Second, 32 << 30: maxLayerTime, math.MaxInt64: maxLayerTime,
	} {
		if got := layerTime(size); got != want {
			t.Errorf("layerTime(%d) = %v", size, got)
		}
	}
}

func TestErrUnavailable(t *testing.T) {
	if err := unavailable(io.EOF); !errors.Is(err, ErrUnavailable) || !errors.Is(err, io.EOF) ||
		landwaiter.KindOf(err) != landwaiter.Unavailable {
		t.Error(err)
	}
}
