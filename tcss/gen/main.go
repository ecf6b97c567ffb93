// Gen writes wire_gen.go from api.json. It runs in the tcss directory by
// go generate.
//
// A field in api.json is "Name type". A type is string, bool, int64, uint64,
// float, date or datetime_iso (both strings on the wire), strings (a list of
// strings, or one), an object, or a list [type]. The suffix ! marks a required
// field, and ? one whose absence differs from its zero value.
package main

import (
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	api, err := readAPI("api.json")
	if err != nil {
		log.Fatal(err)
	}
	source, err := generate(api)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("wire_gen.go", source, 0o644); err != nil {
		log.Fatal(err)
	}
}
