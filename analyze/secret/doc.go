// Package secret finds credentials in text: private keys, and tokens whose form
// leaves no doubt.
//
// One pass over the bytes looks for the keywords without which no rule can match.
// Regular expressions (RE2, linear time) see only a window around a keyword. A
// secret never leaves this package in full: a Match is masked.
package secret
