package gunzip

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// texts has data of every kind that compressors treat differently.
func texts() map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	var words, skewed bytes.Buffer
	for words.Len() < 500_000 {
		words.WriteString([]string{"func ", "return ", "error", "\n", "if err != nil {", "layer", "x"}[rnd.IntN(7)])
		words.WriteByte(byte('a' + rnd.IntN(26)))
	}
	for skewed.Len() < 200_000 { // codes of every length
		skewed.WriteByte(byte(min(rnd.ExpFloat64()*12, 255)))
	}
	far := append(append(bytes.Clone(noise[:32<<10]), noise[:300]...), noise[:32<<10]...)
	return map[string][]byte{
		"empty": {}, "one": []byte("x"), "zeros": make([]byte, 400_000), "pairs": bytes.Repeat([]byte("ab"), 100_000),
		"noise": noise, "words": words.Bytes(), "skewed": skewed.Bytes(), "far": far,
		"nearly incompressible": noise[:70_000],
	}
}

func pack(tb testing.TB, level int, members ...[]byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	for i, m := range members {
		z, err := gzip.NewWriterLevel(&b, level)
		if err != nil {
			tb.Fatal(err)
		}
		if i%2 == 1 {
			z.Name, z.Comment, z.Extra = "name", "comment", []byte("extra")
		}
		if _, err := z.Write(m); err != nil {
			tb.Fatal(err)
		}
		if err := z.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	return b.Bytes()
}

func unpack(src io.Reader) ([]byte, error) {
	r, err := NewReader(src)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func reference(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestReadsWhatWasWritten(t *testing.T) {
	for name, text := range texts() {
		for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
			packed := pack(t, level, text)
			for how, src := range map[string]io.Reader{
				"at once": bytes.NewReader(packed), "halves": iotest.HalfReader(bytes.NewReader(packed)),
				"bytes":             iotest.OneByteReader(bytes.NewReader(packed)),
				"data with the end": iotest.DataErrReader(bytes.NewReader(packed)),
			} {
				got, err := unpack(src)
				if err != nil || !bytes.Equal(got, text) {
					t.Errorf("%s, level %d, %s: %d bytes of %d, %v", name, level, how, len(got), len(text), err)
				}
			}
		}
	}
}

func TestMembers(t *testing.T) {
	packed := pack(t, 6, []byte("one "), nil, []byte("two "), bytes.Repeat([]byte("three "), 20_000))
	want, err := reference(packed)
	if err != nil {
		t.Fatal(err)
	}
	got, err := unpack(bytes.NewReader(packed))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
}

// TestDamage truncates streams and flips bits: the result must be that of
// compress/gzip, and the reader must return no bytes that are not in the stream.
func TestDamage(t *testing.T) {
	text := []byte(strings.Repeat("some text to be damaged, ", 40) + "and its end")
	for _, level := range []int{0, 1, 6, gzip.HuffmanOnly} {
		packed := pack(t, level, text, text[:50])
		for cut := range packed {
			got, err := unpack(bytes.NewReader(packed[:cut]))
			_, wantErr := reference(packed[:cut])
			if (err == nil) != (wantErr == nil) || !bytes.HasPrefix(append(bytes.Clone(text), text[:50]...), got) {
				t.Errorf("level %d, cut at %d: %d bytes, %v; compress/gzip: %v", level, cut, len(got), err, wantErr)
			}
			for bit := range 8 {
				bad := bytes.Clone(packed)
				bad[cut] ^= 1 << bit
				compare(t, bad)
			}
		}
	}
}

// compare compares the reader with compress/gzip.
func compare(t *testing.T, data []byte) {
	t.Helper()
	want, wantErr := reference(data)
	got, err := unpack(bytes.NewReader(data))
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%x: %v; compress/gzip: %v", data, err, wantErr)
	}
	if err == nil && !bytes.Equal(got, want) {
		t.Fatalf("%x: %d bytes; compress/gzip: %d", data, len(got), len(want))
	}
}

func TestErrorOfTheSource(t *testing.T) {
	broken := errors.New("broken pipe")
	packed := pack(t, 6, texts()["words"])
	for _, n := range []int{0, 5, 10, 1000, len(packed) - 3, len(packed)} {
		_, err := unpack(io.MultiReader(bytes.NewReader(packed[:n]), iotest.ErrReader(broken)))
		if err != broken {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

func TestGarbageAfterTheStream(t *testing.T) {
	for _, tail := range []string{"\x00", "garbage", "\x1f\x8b\x08"} {
		compare(t, append(pack(t, 6, []byte("text")), tail...))
	}
}

// TestOverlaps copies matches of every length with every distance that repeat
// treats specially, and some larger ones.
func TestOverlaps(t *testing.T) {
	const w = limit - 1 // the last position at which decode starts a match
	out := new([outputSize]byte)
	for i := range out {
		out[i] = byte(i * 7)
	}
	for distance := uint(1); distance <= 2*chunk+1; distance++ {
		for length := uint(3); length <= maxMatch; length++ {
			want := bytes.Clone(out[w-history : w])
			for range length {
				want = append(want, want[uint(len(want))-distance])
			}
			repeat(out, w, distance, length)
			if !bytes.Equal(out[w-history:w+length], want) {
				t.Fatalf("distance %d, length %d", distance, length)
			}
		}
	}
}

// TestReadSizes calls Read with buffers of random sizes.
func TestReadSizes(t *testing.T) {
	text := texts()["words"]
	packed := pack(t, 6, text)
	rapid.Check(t, func(t *rapid.T) {
		r, err := NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for {
			p := make([]byte, rapid.IntRange(0, 100_000).Draw(t, "size"))
			n, err := r.Read(p)
			got = append(got, p[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, text) {
			t.Fatal(cmp.Diff(len(text), len(got)))
		}
	})
}

// FuzzReader compares the reader with compress/gzip.
func FuzzReader(f *testing.F) {
	for name, text := range texts() {
		if len(text) < 100_000 || name == "skewed" {
			f.Add(pack(f, 6, text[:min(len(text), 4096)]))
			f.Add(pack(f, 1, text[:min(len(text), 500)], []byte(name)))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { compare(t, data) })
}

// FuzzDeflate fuzzes deflate blocks and ignores the checksum, which random bytes
// never match. Up to the first error, the output must be that of compress/flate.
func FuzzDeflate(f *testing.F) {
	for _, text := range texts() {
		packed := pack(f, 6, text[:min(len(text), 4096)])
		f.Add(packed[10 : len(packed)-8])
	}
	head := pack(f, 6)[:0]
	head = append(head, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
	f.Fuzz(func(t *testing.T, data []byte) {
		data = append(bytes.Clone(head), data...)
		want, wantErr := reference(data)
		got, err := unpack(bytes.NewReader(data))
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%v; compress/gzip: %v", err, wantErr)
		}
		if n := min(len(got), len(want)); !bytes.Equal(got[:n], want[:n]) {
			t.Fatalf("differs within the first %d bytes", n)
		}
		if (errors.Is(wantErr, gzip.ErrChecksum)) != (err == errChecksum) {
			t.Fatalf("%v; compress/gzip: %v", err, wantErr)
		}
		if errors.Is(wantErr, gzip.ErrChecksum) && len(got) != len(want) {
			t.Fatalf("%d bytes; compress/gzip: %d", len(got), len(want))
		}
	})
}
