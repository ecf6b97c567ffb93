package cloudapi

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
)

// The roles of an API key. A reader may call actions that only read, an admin
// may call all. A key with any other role may call none.
const (
	RoleAdmin  = "admin"
	RoleReader = "reader"
)

// A Key is one API credential.
type Key struct {
	ID     string // SecretId
	Secret string // SecretKey
	Role   string // RoleAdmin or RoleReader
}

// Config configures a Server. API and Keys are required.
type Config struct {
	API *API

	// Keys returns the key with the given ID. An error of the kind
	// landwaiter.NotFound means that the key does not exist or was revoked.
	Keys func(ctx context.Context, secretID string) (Key, error)

	// Tokens checks the session token of a temporary key, after the signature.
	// If set, it is called for every request, with "" when none was sent; on
	// an error the request is refused. If nil, requests with a token are
	// refused.
	Tokens func(ctx context.Context, secretID, token string) error

	// UnsignedPayload accepts TC3 requests whose signature does not cover the
	// body (X-TC-Content-SHA256: UNSIGNED-PAYLOAD). Without TLS, nothing then
	// protects the integrity of the body.
	UnsignedPayload bool

	// Hosts are values that clients may have signed as the host, in addition
	// to the Host header. Set it behind a proxy that rewrites that header.
	Hosts []string

	// Rate is the number of requests per second that one key may send to one
	// action. Zero or less means DefaultRate.
	Rate int

	// Observe, if set, is called after each response.
	Observe func(ctx context.Context, r Record)

	// Logger receives the details of internal errors. Nil means slog.Default.
	Logger *slog.Logger

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A Record describes a request after its response, for logs. It contains no
// secrets and, except for KeyID, nothing that an unauthenticated client could
// choose.
type Record struct {
	RequestID string
	Action    string // "" unless the API has it
	KeyID     string // as sent: of valid form, but not authenticated if Code is an AuthFailure
	Code      string // "" for success
	Duration  time.Duration
}

// Server is the http.Handler of an API. It is safe for concurrent use.
type Server struct {
	config  Config
	limiter *limiter
	replays replays
}

// NewServer returns a Server. It panics if API or Keys is missing.
func NewServer(c Config) *Server {
	if c.API == nil || c.Keys == nil {
		panic("cloudapi: Config needs API and Keys")
	}
	if c.Rate <= 0 {
		c.Rate = DefaultRate
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Server{config: c, limiter: newLimiter(c.Rate)}
}

// ServeHTTP serves one request. The status is always 200; errors are in the
// body.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := Record{RequestID: uuid.NewString()}
	start := time.Now()
	resp, err := s.serve(r, &rec)
	body, wire := s.envelope(r.Context(), &rec, resp, err)
	if wire != nil {
		rec.Code = wire.Code
	}
	writeAnswer(w, r, rec.RequestID, body)
	rec.Duration = time.Since(start)
	if s.config.Observe != nil {
		s.config.Observe(r.Context(), rec)
	}
}

// serve checks a request and calls its handler.
func (s *Server) serve(r *http.Request, rec *Record) (resp any, err error) {
	defer s.recoverPanic(r.Context(), rec, &err)
	req, err := receive(r)
	if err != nil {
		return nil, err
	}
	act, known := s.config.API.actions[req.action]
	if known {
		rec.Action = req.action
	}
	if err := s.config.API.checkCommon(req); err != nil {
		return nil, err
	}
	key, err := s.authenticate(r.Context(), req, rec)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, Errorf(InvalidAction, "version %s has no action %.64q", s.config.API.version, req.action)
	}
	if err := s.admit(act, key, req.proof.signature); err != nil {
		return nil, err
	}
	return act.run(r.Context(), Caller{KeyID: key.ID, Role: key.Role, RequestID: rec.RequestID}, req)
}

// admit decides whether a key may run an action now.
func (s *Server) admit(act *action, key Key, signature []byte) error {
	if key.Role != RoleAdmin && !(key.Role == RoleReader && act.readOnly) {
		return Errorf(UnauthorizedOperation, "%s needs a key with the admin role", act.name)
	}
	now := s.config.Now()
	if s.replays.stale(signature, now) {
		return errReplay
	}
	if !s.limiter.allow(pair{key.ID, act.name}, now) {
		return Errorf(RequestLimitExceeded, "more than %d requests a second to %s; slow down and try again",
			s.config.Rate, act.name)
	}
	return s.replays.admit(signature, act.name, act.readOnly, now)
}

// recoverPanic turns a panic into an internal error. It does not recover
// http.ErrAbortHandler, by which a handler drops the connection.
func (s *Server) recoverPanic(ctx context.Context, rec *Record, err *error) {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		s.config.Logger.ErrorContext(ctx, "panic in an action", "action", rec.Action, "request", rec.RequestID,
			"panic", p, "stack", string(debug.Stack()))
		*err = &Error{Code: InternalError, Message: internalMessage}
	}
}
