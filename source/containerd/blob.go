package containerd

import (
	"context"
	"io"

	"github.com/containerd/containerd/api/services/content/v1"

	"github.com/landwaiter/landwaiter/source"
)

// blob is open content of the store.
type blob struct {
	stream content.Content_ReadClient
	rest   []byte // of the last message
	kinded func(error) error
	cancel context.CancelFunc
}

// open opens a blob of a namespace. It arrives in messages of at most 1 MiB; the
// flow control of HTTP/2 stops the server from sending faster than they are read.
// open waits for the first message, so that it returns the error of a missing blob.
// Read errors start with what, and the stream ends with ctx.
func (c *client) open(ctx context.Context, namespace, digest, what string) (io.ReadCloser, error) {
	short, cancel := context.WithCancel(in(ctx, namespace))
	stream, err := content.NewContentClient(c).Read(short, &content.ReadContentRequest{Digest: digest})
	b := &blob{
		stream: stream,
		cancel: cancel,
		kinded: func(err error) error { return c.kinded(ctx, what, unreadable(err)) },
	}
	if err == nil {
		err = b.next()
	}
	if err != nil && err != io.EOF {
		cancel()
		return nil, b.kinded(err)
	}
	return b, nil
}

// next receives a message.
func (b *blob) next() error {
	m, err := b.stream.Recv()
	if err != nil {
		return err
	}
	b.rest = m.GetData()
	return nil
}

// Read implements [io.Reader].
func (b *blob) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		err := b.next()
		if err == io.EOF {
			return 0, err
		}
		if err != nil {
			return 0, b.kinded(err)
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Close implements [io.Closer].
func (b *blob) Close() error {
	b.cancel()
	return nil
}

// document reads an index, manifest or config, checked against its digest.
func (c *client) document(ctx context.Context, namespace, digest string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	r, err := c.open(ctx, namespace, digest, digest)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return source.ReadDocument(r, digest)
}
