// Package history returns the build steps of an image in a form that may be shown:
// without what builders put around them, with the layer that each step made, and with
// their secrets masked.
//
// Secrets are masked by form, whether or not a rule of package secret knows them: the
// password in a URL, the value of an assignment or a flag with the name of a secret,
// the credentials of an Authorization header, the arguments of commands that take a
// password. Values that reveal nothing stay readable: empty values, references
// ($DB_PASSWORD), and paths of mounted secrets (PASSWORD_FILE=/run/secrets/x).
//
// Masking takes time linear in the text, and masking twice changes nothing.
// All functions are safe for concurrent use.
package history
