package main

import (
	"fmt"
	"io"
	"time"

	"github.com/landwaiter/landwaiter/store"
)

type keyCmd struct {
	Create keyCreateCmd `cmd:"" help:"Create a key and print its secret, once."`
	List   keyListCmd   `cmd:"" help:"List the keys, without their secrets."`
	Revoke keyRevokeCmd `cmd:"" help:"Revoke a key."`
}

// Help shows examples.
func (keyCmd) Help() string {
	return `Examples:
  landwaiter key create --role reader
  landwaiter key list
  landwaiter key revoke AKIDexample`
}

type keyCreateCmd struct {
	Role      string        `default:"admin" enum:"admin,reader" help:"Role of the key: admin (all actions) or reader (only Describe actions)."`
	Temporary time.Duration `placeholder:"LIFE" help:"Create a key with a session token that expires, e.g. 1h; needs serve --temporary-keys."`
	outputFlag
}

// Help shows examples.
func (keyCreateCmd) Help() string {
	return `Examples:
  landwaiter key create --role reader
  landwaiter key create --temporary 1h
  landwaiter key create --output json`
}

// newKey is a new key in JSON, with the field names of the API.
type newKey struct {
	SecretID  string `json:"SecretId"`
	SecretKey string `json:"SecretKey"`
	Token     string `json:"Token,omitempty"` // of a temporary key
}

// Run creates a key.
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
	return c.print(e.stdout, newKey{SecretID: k.ID, SecretKey: k.Secret, Token: k.Token},
		func(w io.Writer) { printKey(w, k) })
}

func printKey(w io.Writer, k store.Key) {
	fmt.Fprintf(w, "SecretId:  %s\nSecretKey: %s\n", k.ID, k.Secret)
	if k.Token != "" {
		fmt.Fprintf(w, "Token:     %s\nThe key expires at %s and needs the token.\n", k.Token, when(k.Expires))
	}
	fmt.Fprintf(w, "This key has the role %s. Store the SecretKey now: it is not shown again.\n", k.Role)
}

type keyListCmd struct{ outputFlag }

// Help shows examples.
func (keyListCmd) Help() string {
	return `Examples:
  landwaiter key list
  landwaiter key list --output json`
}

// keyJSON is a key in JSON, without its secret.
type keyJSON struct {
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
	list := make([]keyJSON, len(keys))
	rows := make([][]string, len(keys))
	for i, k := range keys {
		list[i] = keyJSON{
			SecretID: k.ID,
			Role:     k.Role,
			Created:  timestamp(k.Created),
			Revoked:  timestamp(k.Revoked),
			Expires:  timestamp(k.Expires),
		}
		rows[i] = []string{k.ID, k.Role, when(k.Created), when(k.Revoked), when(k.Expires)}
	}
	return c.print(e.stdout, list,
		func(w io.Writer) { columns(w, []string{"SECRETID", "ROLE", "CREATED", "REVOKED", "EXPIRES"}, rows) })
}

type keyRevokeCmd struct {
	ID string `arg:"" name:"secret-id" help:"SecretId of the key."`
}

// Help shows examples.
func (keyRevokeCmd) Help() string {
	return `The server refuses a revoked key at once, and its secret cannot be restored.

Examples:
  landwaiter key revoke AKIDexample`
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
	fmt.Fprintf(e.stdout, "Key %s revoked.\n", c.ID)
	return nil
}
