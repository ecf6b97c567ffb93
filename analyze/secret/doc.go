// Package secret finds credentials in text: private keys, and tokens whose form
// leaves no doubt.
//
// One pass over the bytes looks for the few strings without which no rule can
// match; regular expressions (RE2: linear time) see only a window around them.
// What is found never leaves this package in full: a Match is masked.
package secret
