package cloudapi

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
)

// The roles of a key. Reader may read, Admin may do everything; any other
// text may do nothing.
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

// Config says how a Server answers. API and Keys are required.
type Config struct {
	API *API

	// Keys finds a key by its id. A landwaiter.NotFound error means that there
	// is none, or that it was revoked.
	Keys func(ctx context.Context, secretID string) (Key, error)

	// Tokens checks the session token of a temporary key, after the signature.
	// It is called for every request while set, with "" when none was sent; an
	// error refuses the request. Nil means that sending a token is an error.
	Tokens func(ctx context.Context, secretID, token string) error

	// UnsignedPayload accepts TC3 requests whose signature leaves out the body
	// (X-TC-Content-SHA256: UNSIGNED-PAYLOAD). It gives up the integrity of
	// the body wherever the connection is not TLS.
	UnsignedPayload bool

	// Hosts are values that clients may have signed as the host beside the
	// Host header, for servers behind a proxy that rewrites it.
	Hosts []string

	// Rate is the number of requests a second of one key to one action; 0 or
	// less means DefaultRate.
	Rate int

	// Observe, if set, is called after each answer.
	Observe func(ctx context.Context, r Record)

	// Logger gets the details of internal errors. Nil means slog.Default.
	Logger *slog.Logger

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A Record describes one answered request. It holds no secrets and, but for
// KeyID, nothing that a stranger could choose freely.
type Record struct {
	RequestID string
	Action    string // "" unless the API knows it
	KeyID     string // as claimed: of valid form, but unproven if Code is an AuthFailure
	Code      string // "" for success
	Duration  time.Duration
}

// Server is the http.Handler of an API. It is safe for concurrent use.
type Server struct {
	config  Config
	limiter *limiter
	replays replays
}

// NewServer makes a Server. It panics if API or Keys is missing.
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

// ServeHTTP answers one request, always with status 200.
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

// serve takes a request through all checks to its handler.
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
		return nil, Errorf(InvalidAction, "there is no action %.64q in version %s", req.action, s.config.API.version)
	}
	if err := s.admit(act, key, req.proof.signature); err != nil {
		return nil, err
	}
	return act.run(r.Context(), Caller{KeyID: key.ID, Role: key.Role, RequestID: rec.RequestID}, req)
}

// admit decides whether a key may run an action now.
func (s *Server) admit(act *action, key Key, signature []byte) error {
	if key.Role != RoleAdmin && !(key.Role == RoleReader && act.readOnly) {
		return Errorf(UnauthorizedOperation, "%s needs a key of the admin role", act.name)
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

// recoverPanic turns a panic into an internal error, but for the one by which
// a handler asks to drop the connection.
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
