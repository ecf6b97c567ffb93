// Package confine reads layers in a child process that can do nothing else.
//
// The bytes of an image are written by whoever built it, and the parsers that
// read them are many. Here they run in a child: the same binary, started again
// through /proc/self/exe, which takes everything away from itself that reading
// does not need (files, network, processes, privileges) and then reads blobs
// from descriptors that it is handed. A parser that crashes, eats memory or
// never ends costs that child. The parent knows the file and the analyser that
// were at work, starts another child that leaves out exactly that pair, and
// goes on.
//
// A program calls [Child] first thing in main. A [Reader] holds the settings; a
// [Pool] holds the children of one image.
//
// On Linux the child is confined by rlimits, namespaces, landlock and a seccomp
// filter, as far as the kernel and the caller's own confinement allow;
// [Status] says how far. Elsewhere it is a plain child, with the watch over its
// output and its answer only.
package confine
