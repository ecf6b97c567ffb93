package main

import (
	"fmt"
	"io"
	"time"

	"github.com/landwaiter/landwaiter/store"
)

type keyCmd struct {
	Create keyCreateCmd `cmd:"" help:"Make a key and print its secret, once."`
	List   keyListCmd   `cmd:"" help:"List the keys, without secrets."`
	Revoke keyRevokeCmd `cmd:"" help:"Make a key useless from now on."`
}

type keyCreateCmd struct {
	Role      string        `default:"admin" enum:"admin,reader" help:"admin: every action; reader: only those that describe."`
	Temporary time.Duration `placeholder:"LIFE" help:"Make a key that expires, e.g. 1h, and needs its token; for a server with --temporary-keys."`
	factsFlag
}

// Help shows examples.
func (keyCreateCmd) Help() string {
	return `Examples:
  landwaiter key create --role reader
  landwaiter key create --role admin --output json`
}

// newKey is a key as printed, in the words of the API.
type newKey struct {
	SecretID  string `json:"SecretId"`
	SecretKey string `json:"SecretKey"`
	Token     string `json:"Token,omitempty"` // of a temporary key
}

// Run makes a key.
func (c *keyCreateCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	var k store.Key
	if c.Temporary != 0 {
		k, err = s.Keys().CreateTemporary(e.ctx, c.Role, c.Temporary)
	} else {
		k, err = s.Keys().Create(e.ctx, c.Role)
	}
	if err != nil {
		return err
	}
	return c.print(
		e.stdout,
		newKey{SecretID: k.ID, SecretKey: k.Secret, Token: k.Token},
		func(w io.Writer) { printKey(w, k) },
	)
}

func printKey(w io.Writer, k store.Key) {
	fmt.Fprintf(w, "SecretId:  %s\nSecretKey: %s\n", k.ID, k.Secret)
	if k.Token != "" {
		fmt.Fprintf(w, "Token:     %s\nGood until %s, with the token only.\n", k.Token, when(k.Expires))
	}
	fmt.Fprintf(w, "A key with the role %s. Keep the SecretKey: it is not shown again.\n", k.Role)
}

type keyListCmd struct{ factsFlag }

type keyFact struct {
	SecretID string     `json:"SecretId"`
	Role     string     `json:"role"`
	Created  *time.Time `json:"created"`
	Revoked  *time.Time `json:"revoked"`
	Expires  *time.Time `json:"expires"`
}

// Run lists the keys.
func (c *keyListCmd) Run(e *environ) error {
	s, err := e.reading()
	if err != nil {
		return err
	}
	defer s.Close()
	keys, err := s.Keys().List(e.ctx)
	if err != nil {
		return err
	}
	facts := make([]keyFact, len(keys))
	rows := make([][]string, len(keys))
	for i, k := range keys {
		facts[i] = keyFact{
			SecretID: k.ID,
			Role:     k.Role,
			Created:  timestamp(k.Created),
			Revoked:  timestamp(k.Revoked),
			Expires:  timestamp(k.Expires),
		}
		rows[i] = []string{k.ID, k.Role, when(k.Created), when(k.Revoked), when(k.Expires)}
	}
	return c.print(
		e.stdout,
		facts,
		func(w io.Writer) { columns(w, []string{"SECRETID", "ROLE", "CREATED", "REVOKED", "EXPIRES"}, rows) },
	)
}

type keyRevokeCmd struct {
	ID string `arg:"" name:"secret-id" help:"The SecretId."`
}

// Run revokes a key.
func (c *keyRevokeCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Keys().Revoke(e.ctx, c.ID); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s is revoked.\n", c.ID)
	return nil
}
