package reply

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Stream is a text/event-stream. Its methods may be called by several at once.
type Stream struct {
	mu sync.Mutex
	w  http.ResponseWriter
	c  *http.ResponseController
}

// patience is how long a reader may take for what is written.
const patience = 30 * time.Second

// NewStream begins one. An error that comes later can only be told in it.
func NewStream(w http.ResponseWriter) *Stream {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	h.Set("X-Content-Type-Options", "nosniff")
	s := &Stream{w: w, c: http.NewResponseController(w)}
	_ = s.c.SetReadDeadline(time.Time{}) // the server's own would end it
	w.WriteHeader(http.StatusOK)
	_ = s.c.Flush()
	return s
}

// Send writes one event. Its error says that the reader has gone, or is too slow.
func (s *Stream) Send(event string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", event, text))
}

// Beat shows that it still goes on.
func (s *Stream) Beat() error { return s.write(": beat\n\n") }

func (s *Stream) write(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.c.SetWriteDeadline(time.Now().Add(patience)) // not all writers have one
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.c.Flush()
}
