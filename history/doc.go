// Package history tells the build steps of an image as they may be shown:
// unwrapped from what builders put around them, with the layer that each made,
// and with their secrets masked.
//
// Secrets are masked by form, whether or not a rule of package secret knows
// them: the password in a URL, the value of an assignment or a flag whose name
// says that it is secret, the credentials of an Authorization header, arguments
// of commands that take a password. What only looks like one and tells nothing
// stays readable: empty values, references ($DB_PASSWORD), paths of secrets
// that are mounted (PASSWORD_FILE=/run/secrets/x).
//
// Masking takes time linear in the text, and masking twice changes nothing.
// All functions are safe for concurrent use.
package history
