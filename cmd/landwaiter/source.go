package main

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

type sourceCmd struct {
	Add    sourceAddCmd    `cmd:"" help:"Add a source; a running server reads it by itself."`
	List   sourceListCmd   `cmd:"" help:"List the sources."`
	Sync   sourceSyncCmd   `cmd:"" help:"Read now which images a source has."`
	Remove sourceRemoveCmd `cmd:"" help:"Forget a source; its images and findings stay."`
}

type sourceListCmd struct{ factsFlag }

type sourceFact struct {
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
	facts := make([]sourceFact, len(list))
	rows := make([][]string, len(list))
	for i, src := range list {
		facts[i] = sourceFact{
			Name:   src.Name,
			Type:   src.Type,
			Images: src.Images,
			Synced: timestamp(src.Synced),
			Error:  src.Error,
		}
		rows[i] = []string{src.Name, src.Type, strconv.Itoa(src.Images), when(src.Synced), src.Error}
	}
	return c.print(
		e.stdout,
		facts,
		func(w io.Writer) { columns(w, []string{"NAME", "TYPE", "IMAGES", "SYNCED", "ERROR"}, rows) },
	)
}

type sourceRemoveCmd struct {
	Name string `arg:"" help:"The source."`
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
