// Package config finds dangerous configuration: in the configuration of an image, in
// the modes of its files, and distributions that are out of support.
package config
