package object

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/landwaiter/landwaiter"
)

// maxObject bounds one object in JSON. The store of a cluster takes 1.5 MiB
// for one by default, in a form that is denser:
// https://etcd.io/docs/v3.6/dev-guide/limit/
// The worst of it, three bytes for each container status of 100, is 100 MB.
const maxObject = 3 << 20

// Decode reads one object into out. Errors: TooLarge, Corrupt, and those of r.
func Decode(r io.Reader, out any) error {
	raw, err := io.ReadAll(io.LimitReader(r, maxObject+1))
	if err != nil {
		return err
	}
	if len(raw) > maxObject {
		return tooLarge()
	}
	return Unmarshal(raw, out)
}

// Unmarshal reads an object of valid JSON into out. Error: Corrupt.
func Unmarshal(raw []byte, out any) error {
	if err := json.Unmarshal(raw, out); err != nil {
		return landwaiter.Errorf(landwaiter.Corrupt, "not an object of a Kubernetes API: %w", err)
	}
	return nil
}

func tooLarge() error {
	return landwaiter.Errorf(landwaiter.TooLarge, "an object of more than %d bytes, the limit", maxObject)
}

// DecodeList reads a list, calls each for its objects, whose bytes are valid
// until it returns, and returns the token for the page that follows, "" when
// there is none. Objects are decoded one at a time, since what an object takes
// in memory is a large multiple of what the shortest take in a list. It reads r
// to its end: nothing but white space may follow the list. Errors: TooLarge,
// Corrupt, those of each and of r, and of package json; each may have been
// called before an error.
func DecodeList(r io.Reader, each func(json.RawMessage) error) (string, error) {
	dec := json.NewDecoder(r)
	if err := expect(dec, '{'); err != nil {
		return "", err
	}
	var meta struct{ Continue string }
	var raw json.RawMessage
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return "", err
		}
		if key == "items" {
			err = decodeItems(dec, each)
		} else if err = dec.Decode(&raw); err == nil && key == "metadata" {
			if len(raw) > maxObject {
				return "", tooLarge()
			}
			err = Unmarshal(raw, &meta)
		}
		if err != nil {
			return "", err
		}
	}
	if err := expect(dec, '}'); err != nil {
		return "", err
	}
	return meta.Continue, expectEnd(io.MultiReader(dec.Buffered(), r))
}

func decodeItems(dec *json.Decoder, each func(json.RawMessage) error) error {
	t, err := dec.Token()
	if err != nil || t == nil { // null, as Go writes an empty list
		return err
	}
	if t != json.Delim('[') {
		return landwaiter.Errorf(landwaiter.Corrupt, "the items of the list are not a list")
	}
	var raw json.RawMessage
	for dec.More() {
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if len(raw) > maxObject {
			return tooLarge()
		}
		if !bytes.HasPrefix(raw, []byte("{")) {
			return landwaiter.Errorf(landwaiter.Corrupt, "an item of the list is no object")
		}
		if err := each(raw); err != nil {
			return err
		}
	}
	return expect(dec, ']')
}

func expect(dec *json.Decoder, want json.Delim) error {
	t, err := dec.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err == nil && t != want {
		err = landwaiter.Errorf(landwaiter.Corrupt, "the answer is no list of objects")
	}
	return err
}

// expectEnd reads what follows a list. The decoder does not look there, and its
// Token would take another value for a part of the stream. Error: Corrupt.
func expectEnd(rest io.Reader) error {
	buf := make([]byte, 512)
	for {
		n, err := rest.Read(buf)
		if len(bytes.Trim(buf[:n], " \t\r\n")) > 0 { // white space of RFC 8259, section 2
			return landwaiter.Errorf(landwaiter.Corrupt, "data after the end of the list")
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
