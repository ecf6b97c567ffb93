package landwaiter

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hidden are characters that drive a terminal or reorder text.
var hidden = []rune{
	0, 7, 8, 0x0b, 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9d, 0xad, 0x061c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029,
	0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff, 0xfff9, 0xe0001,
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "größe 漢字 🚢": "größe 漢字 🚢", "a\nb\r\nc\td": "a b  c d",
		"a\x1b[2Jb": "a\ufffd[2Jb", "a\u009b2Jb": "a\ufffd2Jb",
		"a\u202eb": "a\ufffdb", "a\xffb\xe2\x80": "a\ufffdb\ufffd\ufffd",
		"non\u00a0breaking": "non breaking",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for _, r := range hidden {
		if got := Printable("a" + string(r) + "b"); strings.ContainsRune(got, r) || len(got) < 3 {
			t.Errorf("U+%04X stays: %q", r, got)
		}
	}
}

func TestPrintableJSON(t *testing.T) {
	text := "größe"
	for _, r := range hidden {
		text += string(r) + "x"
	}
	var b bytes.Buffer
	enc := json.NewEncoder(PrintableJSON(&b))
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]string{text: text}); err != nil {
		t.Fatal(err)
	}
	if bad := strings.IndexFunc(b.String(), func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }); bad >= 0 {
		t.Errorf("%q", b.String()[bad:])
	}
	var back map[string]string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back[text] != text {
		t.Errorf("%v: %q is %q", err, text, back)
	}
	if !strings.Contains(b.String(), "größe") {
		t.Error("what can be seen is escaped, too")
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("a\x1b[2J\u202e\xff\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := Printable(s)
		isHidden := func(r rune) bool { return !unicode.IsPrint(r) }
		if !utf8.ValidString(got) || strings.ContainsFunc(got, isHidden) || Printable(got) != got {
			t.Errorf("%q is %q", s, got)
		}
		plain, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		escaped := escapeJSON(plain)
		var a, b string
		if json.Unmarshal(plain, &a) != nil || json.Unmarshal(escaped, &b) != nil || a != b {
			t.Errorf("%q: %q is not %q", s, b, a)
		}
	})
}
