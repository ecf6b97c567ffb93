// Package confine reads layers in a child process that can do nothing else.
//
// The bytes of an image are untrusted, and many parsers read them. This package runs
// the parsers in a child: the same binary, started again through /proc/self/exe. The
// child gives up everything that reading does not need (files, network, processes,
// privileges), and then reads blobs from descriptors that the parent passes to it. A
// parser that crashes, runs out of memory or does not terminate costs only that child.
// The parent knows the file and the analyser at work. It starts another child, which
// skips exactly that pair, and continues.
//
// A program must call [Child] first in main. A [Reader] has the settings, and a [Pool]
// the children of one image.
//
// On Linux the child is confined by rlimits, namespaces, landlock and a seccomp filter,
// as far as the kernel and the confinement of the parent itself allow. [Status] says how
// far. On other systems it is a plain child, of which only the output and the answers
// are checked.
package confine
