// Package config finds dangerous configuration: in the config of an image, in
// the modes of its files, and in the age of its distribution.
package config
