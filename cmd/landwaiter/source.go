package main

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

type sourceCmd struct {
	Add    sourceAddCmd    `cmd:"" help:"Add a source; a running server syncs it."`
	List   sourceListCmd   `cmd:"" help:"List the sources."`
	Sync   sourceSyncCmd   `cmd:"" help:"Sync sources now: read which images they have."`
	Remove sourceRemoveCmd `cmd:"" help:"Remove a source; its images and findings stay."`
}

// Help shows examples.
func (sourceCmd) Help() string {
	return `Examples:
  landwaiter source add archive builds --path /srv/images
  landwaiter source list
  landwaiter source sync builds`
}

type sourceListCmd struct{ outputFlag }

// Help shows examples.
func (sourceListCmd) Help() string {
	return `Examples:
  landwaiter source list
  landwaiter source list --output json`
}

// sourceJSON is a source in JSON.
type sourceJSON struct {
	Name   string     `json:"name"`
	Type   string     `json:"type"`
	Images int        `json:"images"`
	Synced *time.Time `json:"synced"`
	Error  string     `json:"error"`
}

// Run lists the sources.
func (c *sourceListCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Sources().List(e.ctx)
	if err != nil {
		return err
	}
	out := make([]sourceJSON, len(list))
	rows := make([][]string, len(list))
	for i, src := range list {
		out[i] = sourceJSON{
			Name:   src.Name,
			Type:   src.Type,
			Images: src.Images,
			Synced: timestamp(src.Synced),
			Error:  src.Error,
		}
		rows[i] = []string{src.Name, src.Type, strconv.Itoa(src.Images), when(src.Synced), src.Error}
	}
	return c.print(e.stdout, out,
		func(w io.Writer) { columns(w, []string{"NAME", "TYPE", "IMAGES", "SYNCED", "ERROR"}, rows) })
}

type sourceRemoveCmd struct {
	Name string `arg:"" help:"Name of the source."`
}

// Help shows examples.
func (sourceRemoveCmd) Help() string {
	return `Examples:
  landwaiter source remove builds`
}

// Run removes a source.
func (c *sourceRemoveCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Sources().Remove(e.ctx, c.Name); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Source %s removed.\n", c.Name)
	return nil
}
